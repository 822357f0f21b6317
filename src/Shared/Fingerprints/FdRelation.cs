using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// The fd tables of a core as an equivalence relation: which fds of which process are the same end of the same object. Numbers up to 2 count
/// as they are, higher ones are all <c>n</c>.
/// </summary>
internal static class FdRelation
{
    /// <summary>One set of fds of one process on one end of one object.</summary>
    /// <param name="Pid">Whose.</param>
    /// <param name="Target">Which object: the link's text.</param>
    /// <param name="Access"><c>R</c>, <c>W</c>, <c>RW</c> or <c>-</c>.</param>
    /// <param name="Fds"><c>{0,n}</c>; <c>n+</c> for two or more above 2.</param>
    public sealed record FdSet(int Pid, string Target, string Access, string Fds);

    public static IEnumerable<FdSet> Of(Finding finding, FindingCore core)
    {
        HashSet<string> relevant = [.. core.Edges.Select(edge => edge.Resource), .. FarEnds(finding, core), .. SelfHeld(finding, core), .. Duplicated(core), .. Joining(core)];
        if (finding.Class == FindingClass.Orphan)
            relevant.UnionWith(core.Core.SelectMany(participant => participant.Fds).Where(fd => fd.Fd <= 2).Select(fd => fd.Target));
        return core.Core.SelectMany(participant => participant.Fds
            .Where(fd => IsAnonymous(fd.Target) && relevant.Contains(fd.Target))
            .GroupBy(fd => (fd.Target, fd.Access))
            .Select(set => new FdSet(participant.Pid, set.Key.Target, set.Key.Access.ToUpperInvariant(), Spell([.. set.Select(fd => fd.Fd)]))));
    }

    /// <summary>What a holder ends a wait through: of a pipe the same object, of a socket its other end.</summary>
    private static IEnumerable<string> FarEnds(Finding finding, FindingCore core) => finding.Edges
        .Where(edge => core.Core.Any(participant => participant.Pid == edge.From.Pid))
        .SelectMany(edge => edge.To.Where(to => to.Fd is not null)
            .SelectMany(to => core.Core.Where(participant => participant.Pid == to.Pid).SelectMany(participant => participant.Fds.Where(fd => fd.Fd == to.Fd && IsSocket(fd.Target)))))
        .Select(fd => fd.Target);

    private static bool IsSocket(string target) => target.StartsWith("socket:[", StringComparison.Ordinal);

    /// <summary>Objects that a process waits for and holds the other end of itself.</summary>
    private static IEnumerable<string> SelfHeld(Finding finding, FindingCore core) => finding.Edges
        .Where(edge => core.Core.Any(participant => participant.Pid == edge.From.Pid) && edge.To.Any(to => to.Pid == edge.From.Pid))
        .Select(edge => edge.Resource);

    /// <summary>Objects that one process has twice at the same end, one of them above fd 2: that fds 1 and 2 share a log is nobody's fault.</summary>
    private static IEnumerable<string> Duplicated(FindingCore core) => core.Core.SelectMany(participant => participant.Fds
        .Where(fd => IsAnonymous(fd.Target))
        .GroupBy(fd => (fd.Target, fd.Access))
        .Where(set => set.Count() > 1 && set.Any(fd => fd.Fd > 2))
        .Select(set => set.Key.Target));

    /// <summary>Pipes with one end in one process of the core and the other end in another. A log that all of them write to has its reader elsewhere.</summary>
    private static IEnumerable<string> Joining(FindingCore core) => core.Core
        .SelectMany(participant => participant.Fds.Where(fd => IsAnonymous(fd.Target)).Select(fd => (participant.Pid, fd.Target, fd.Access)))
        .GroupBy(entry => entry.Target)
        .Where(entries => entries.Any(a => entries.Any(b => a.Pid != b.Pid && a.Access != b.Access)))
        .Select(entries => entries.Key);

    /// <summary>Objects without a name in the file system that can be told from their like by the inode in the link.</summary>
    private static bool IsAnonymous(string target) =>
        target.StartsWith("pipe:[", StringComparison.Ordinal) || target.StartsWith("socket:[", StringComparison.Ordinal);

    private static string Spell(int[] fds)
    {
        int above = fds.Count(fd => fd > 2);
        IEnumerable<string> parts = [.. fds.Where(fd => fd <= 2).Order().Select(fd => fd.ToString()), .. above switch { 0 => Array.Empty<string>(), 1 => ["n"], _ => ["n+"] }];
        return $"{{{string.Join(',', parts)}}}";
    }
}
