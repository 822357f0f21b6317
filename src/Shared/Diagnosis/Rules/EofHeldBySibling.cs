using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A parent has closed its end of a child's pipe and waits for that child, which reads to the end. The end does not come: a child that was started
/// later inherited the write end, for it was not close-on-exec, and itself waits for the parent.
/// <code>
/// parent   waits for filter      b: parent/6w
/// filter   reads a, to its end   a: later/5w      forked while the parent still had it
/// later    reads b
/// </code>
/// A writer by design has the pipe as its stdio; one that was started before the reader made no copy of what the parent kept for the reader.
/// </summary>
internal sealed class EofHeldBySibling : IncidentRule
{
    public override RuleInfo Info { get; } = new("eof-held-by-sibling", FindingClass.Deadlock,
        "A child waits for the end of a pipe that its parent has closed: a sibling, started later, inherited the write end and waits for the parent.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        foreach (IncidentEdge edge in incident.Edges)
        {
            if (edge.IsKinship || edge.Part is not { Kind: WaitKind.PipeRead, Target: { } pipe } || !incident.Core.Contains(edge.From))
                continue;
            HostProcess reader = resources.Find(edge.From)!;
            if (resources.ParentOf(reader) is not { } parent || !WaitsFor(incident, parent.Pid, edge.From) || !edge.To.All(waker => IsLaterSibling(resources, waker, reader, parent)))
                continue;
            string[] holders = [.. edge.To.Select(waker => waker.Node).Distinct().Select(narrator.Name)];
            string fds = Narrator.Listing(edge.To.Select(waker => $"fd {waker.Fd} of {narrator.Name(waker.Node)}"));
            string remedy = edge.To.Length == 1
                ? $"It ends when {holders[0]} closes fd {edge.To[0].Fd}, which it inherited from {narrator.Name(parent.Pid)} and has no use for."
                : $"It ends when {fds} are closed: inherited from {narrator.Name(parent.Pid)}, and of no use there.";
            return new Verdict(
                $"{narrator.Name(edge.From)} waits for {StreamEnds.EndOf(edge.Part)}, which {narrator.Name(parent.Pid)} has closed, but {Narrator.Listing(holders)}, started later, inherited its write end.",
                [.. edge.To.Select(waker => new Culprit(waker.Node, waker.Fd, pipe.Text, remedy))])
            {
                // Workers that wait for work from a parent that waits for a signal stand the same way.
                NamesFault = false,
            };
        }
        return null;
    }

    /// <summary>Whether the parent is a member of the core that waits for this child itself, or for what it says.</summary>
    private static bool WaitsFor(Incident incident, int parent, int child) => incident.Core.Contains(parent)
        && incident.Edges.Any(edge => edge.From == parent && !edge.IsKinship && edge.To.Any(waker => waker.Node == child));

    private static bool IsLaterSibling(ResourceIndex resources, Waker waker, HostProcess reader, HostProcess parent)
    {
        HostProcess holder = resources.Find(waker.Node)!;
        return holder != reader && holder != parent && waker.Fd > 2
            && resources.IsDescendant(holder, parent) && !resources.IsDescendant(holder, reader)
            && (holder.Record.StartTimeTicks, holder.Pid).CompareTo((reader.Record.StartTimeTicks, reader.Pid)) > 0;
    }
}
