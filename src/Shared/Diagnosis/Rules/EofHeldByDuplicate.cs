using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A reader waits for the end of a pipe, and a process in the same stuck set holds the write end twice: as its stdout (or stdin, stderr)
/// and again at a higher fd. Closing stdout, as the program does when its work is done, does not deliver end of file then.
/// <code>
/// test   reads a            a: child/1w child/4w
/// child  reads b            b: test/30w
/// </code>
/// </summary>
internal sealed class EofHeldByDuplicate : IncidentRule
{
    public override RuleInfo Info { get; } = new("eof-held-by-duplicate", FindingClass.Deadlock,
        "A reader waits for the end of a pipe whose write end another stuck process holds open twice, once as its own stdio and again at a higher fd.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        foreach (IncidentEdge edge in incident.Edges)
        {
            if (edge.IsKinship || !StreamEnds.IsRead(edge.Part) || edge.To.Any(waker => waker.Node == edge.From))
                continue;
            foreach (int holder in edge.To.Select(waker => waker.Node).Distinct().Where(incident.Members.Contains))
            {
                StdioDuplicates? twice = StdioDuplicates.Of(resources[holder])
                    .FirstOrDefault(pair => edge.To.Any(waker => waker.Node == holder && waker.Fd == pair.Stdio.Number));
                // Whoever of them reads at that end, it is no end that is waited for.
                if (twice is not null && !edge.To.Any(waker => SocketMutualRead.IsConversation(incident, edge, waker.Node)))
                    return Tell(narrator, resources, edge, holder, twice);
            }
        }
        return null;
    }

    private static Verdict Tell(Narrator narrator, ResourceIndex resources, IncidentEdge edge, int holder, StdioDuplicates twice)
    {
        string who = Narrator.Name(resources[holder]);
        string fds = Narrator.Listing(twice.Duplicates.Select(fd => $"fd {fd.Number}"));
        // stdout and stderr may well be the same pipe.
        string stdio = Narrator.Listing(edge.WakersOf(holder).Where(waker => twice.Duplicates.All(fd => fd.Number != waker.Fd)).Select(waker => $"fd {waker.Fd}"));
        string remedy = $"It ends when {who} closes {fds} as well as {stdio}{narrator.OthersLetGo(edge, holder)}: either alone leaves the {(twice.Stdio.Target.Kind == FdKind.Socket ? "socket" : "pipe")} open.";
        ImmutableArray<Culprit> culprits = [.. twice.Duplicates.Select(fd => new Culprit(resources[holder].Pid, fd.Number, fd.Target.Text, remedy))];
        return new Verdict(
            $"{Narrator.Name(resources[edge.From])} waits for the end of {StreamEnds.NameOf(edge.Part.Target!)}, which {who} holds open at fd {twice.Stdio.Number} and again at {fds}.",
            culprits);
    }
}
