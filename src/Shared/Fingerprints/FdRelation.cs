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
        HashSet<string> relevant = [.. core.Edges.Concat(core.Own).SelectMany(Objects), .. Culprits(finding), .. Duplicated(core), .. Joining(finding, core)];
        if (finding.Class == FindingClass.Orphan)
            relevant.UnionWith(core.Core.SelectMany(participant => participant.Fds).Where(fd => fd.Fd <= 2 && ObjectWord.IsAnonymous(fd.Target)).Select(fd => fd.Target));
        return core.Core.SelectMany(participant => participant.Fds
            .Where(fd => relevant.Contains(fd.Target))
            .GroupBy(fd => (fd.Target, fd.Access))
            .Select(set => new FdSet(participant.Pid, set.Key.Target, set.Key.Access.ToUpperInvariant(), Spell([.. set]))));
    }

    private static IEnumerable<string> Objects(CoreEdge edge)
    {
        if (edge.Through is not null)
            yield return edge.Through;
        if (edge.By is not null)
            yield return edge.By;
    }

    /// <summary>What has to be let go of: in a hazard nobody waits for it yet.</summary>
    private static IEnumerable<string> Culprits(Finding finding) =>
        finding.Culprits.Where(culprit => culprit.Fd is not null && ObjectWord.IsAnonymous(culprit.Resource)).Select(culprit => culprit.Resource);

    /// <summary>Objects that one process has twice at the same end, one of them above fd 2: that fds 1 and 2 share a log is nobody's fault.</summary>
    private static IEnumerable<string> Duplicated(FindingCore core) => core.Core.SelectMany(participant => participant.Fds
        .Where(fd => ObjectWord.IsAnonymous(fd.Target))
        .GroupBy(fd => (fd.Target, fd.Access))
        .Where(set => set.Count() > 1 && set.Any(fd => !IsStdio(fd)))
        .Select(set => set.Key.Target));

    /// <summary>
    /// Pipes of which one process of the core has only the one end, and another the other. A log that all of them write to has its reader elsewhere; of a
    /// job server's pipe all of them have both ends. What joins alike processes alone joins nobody: each worker of a pool that was forked inherits what was made for those before it.
    /// </summary>
    private static IEnumerable<string> Joining(Finding finding, FindingCore core) => core.Core
        .Select(participant => (participant.Fds, Alike: AlikeOf(finding, participant)))
        .SelectMany(one => one.Fds
            .Where(fd => ObjectWord.IsAnonymous(fd.Target))
            .GroupBy(fd => fd.Target)
            .Select(ends => (one.Alike, Target: ends.Key, Access: ends.Select(fd => fd.Access).Distinct().Count() == 1 ? ends.First().Access : "rw")))
        .GroupBy(entry => entry.Target)
        .Where(entries => entries.Any(entry => entry.Access == "r") && entries.Any(entry => entry.Access != "r")
            || entries.Any(entry => entry.Access == "w") && entries.Any(entry => entry.Access != "w"))
        .Where(entries => entries.Select(entry => entry.Alike).Distinct().Skip(1).Any())
        .Select(entries => entries.Key);

    /// <summary>What it is called, and what it waits for.</summary>
    private static string AlikeOf(Finding finding, Participant participant) =>
        $"{NameNormalizer.Of(participant.Cmdline, participant.Comm)} {string.Join(',', RelevantWaits.Of(finding, participant))}";

    private static string Spell(FdInfo[] fds)
    {
        int above = fds.Count(fd => !IsStdio(fd));
        IEnumerable<string> parts = [.. fds.Where(IsStdio).Select(fd => fd.Fd).Order().Select(fd => fd.ToString()), .. above switch { 0 => Array.Empty<string>(), 1 => ["n"], _ => ["n+"] }];
        return $"{{{string.Join(',', parts)}}}";
    }

    /// <summary>What a process opened itself may get a number up to 2 where it was started without: it is closed at an exec, as nothing that was handed on by one is, or is open the wrong way.</summary>
    private static bool IsStdio(FdInfo fd) => fd.Fd <= 2 && fd.Cloexec != true && fd.Access != (fd.Fd == 0 ? "w" : "r");
}
