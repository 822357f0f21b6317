using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// Processes each of which waits for a file lock that another of them holds; or one that waits for a lock that it holds itself, through another open of
/// the file. The kernel refuses the last step of such a circle (EDEADLK) only among locks of fcntl(2) with F_SETLKW, and only for ten steps.
/// <code>
/// a  has l, waits for m
/// b  has m, waits for l
/// </code>
/// </summary>
internal sealed class FileLockCycle : IncidentRule
{
    public override RuleInfo Info { get; } = new("file-lock-cycle", FindingClass.Deadlock,
        "Processes wait for file locks that others of them hold, in a circle; or one waits for a lock that it holds itself through another open file.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        IncidentEdge[] locks = [.. incident.Edges.Where(edge => edge is { IsKinship: false, Part.Kind: WaitKind.FileLock } && incident.Core.Contains(edge.From))];
        IncidentEdge[] own = [.. locks.Where(edge => edge.To.All(waker => waker.Node == edge.From))];
        if (own.Length > 0)
            return OfItself(own, narrator);
        if (!locks.Any(one => locks.Any(other => AreCrosswise(one, other))))
            return null;
        ImmutableArray<Culprit> culprits = [.. locks.SelectMany(edge => CulpritsOf(edge, narrator)).Distinct()];
        string summary = locks.Length == 2
            ? $"{Clause(locks[0], narrator)}, and {Clause(locks[1], narrator)}."
            : $"{Narrator.Listing(locks.Select(edge => edge.From).Distinct().Select(narrator.Name))} each wait for a file lock that another of them holds.";
        return new Verdict(summary, culprits);
    }

    /// <summary>
    /// For two locks that different processes hold, whatever stands between these and who waits; or for one that each has in part and wants whole. Who has inherited the open file by which
    /// it is locked, as those have who stand behind its holder, waits for that one, and not for the others.
    /// </summary>
    private static bool AreCrosswise(IncidentEdge one, IncidentEdge other) => one.From != other.From
        && (one.Part.Resource != other.Part.Resource ? one.To.Any(a => other.To.Any(b => a.Node != b.Node)) : one.To.Any(waker => waker.Node == other.From) && !one.To.Any(waker => waker.Node == one.From));

    private static Verdict OfItself(IncidentEdge[] own, Narrator narrator)
    {
        string who = narrator.Name(own[0].From);
        return new Verdict(
            $"{who} waits for a lock on {own[0].Part.Target?.Text} at fd {own[0].Part.Fd} that it holds itself at fd {own[0].To[0].Fd}, through another open of the same file.",
            [.. own.SelectMany(edge => CulpritsOf(edge, narrator)).Distinct()]);
    }

    private static string Clause(IncidentEdge edge, Narrator narrator) =>
        $"{narrator.Name(edge.From)} waits for a lock on {edge.Part.Target?.Text} that {Narrator.Listing(edge.To.Select(waker => waker.Node).Distinct().Select(narrator.Name))} {(edge.To.Select(waker => waker.Node).Distinct().Count() == 1 ? "holds" : "hold")}";

    /// <summary>
    /// One for each holder of the lock, at the lowest of its fds. Several have one open file in common, which one of them has inherited: any of them can unlock it, and
    /// the last to close it does.
    /// </summary>
    internal static IEnumerable<Culprit> CulpritsOf(IncidentEdge edge, Narrator narrator)
    {
        (int Pid, int?[] Fds)[] holders = [.. edge.To.GroupBy(waker => waker.Node).Select(holder => (holder.Key, holder.Select(waker => waker.Fd).Order().ToArray()))];
        // By the name that the holder knows it by: who waits may have it under another one, from another mount namespace.
        string on = $"lock on {narrator.Find(holders[0].Pid)?.FindFd(holders[0].Fds[0] ?? -1)?.Target.Text ?? edge.Part.Target?.Text}";
        string all = Narrator.Listing(holders.Select(holder => $"fd {Narrator.Listing(holder.Fds.Select(fd => fd.ToString()!))} of {narrator.Name(holder.Pid)}"));
        return holders.Select(holder => new Culprit(holder.Pid, holder.Fds[0], edge.Part.Resource ?? "?", holders.Length == 1
            ? $"It ends when {narrator.Name(holder.Pid)} lets go of its {on}: unlocks it, or closes fd {Narrator.Listing(holder.Fds.Select(fd => fd.ToString()!))}."
            : $"It ends when one of them unlocks the {on}, or all of them have closed it: {all} are the same open file."));
    }
}
