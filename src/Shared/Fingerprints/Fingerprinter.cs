using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// The identity of a kind of hang, free of pids, inodes, hosts and days. Worked out from the finding alone: what is kept can be
/// fingerprinted again when the algorithm gets a new version.
/// </summary>
public static class Fingerprinter
{
    /// <summary>Version of the algorithm: the number in <c>v1-</c>.</summary>
    public const int Version = 1;

    /// <summary>The four keys of a finding that is otherwise complete; its visibility is kept as it stands there.</summary>
    public static FindingFingerprint Of(Finding finding)
    {
        FindingCore core = FindingCore.Of(finding);
        string shape = ShapeText.Of(finding, core);
        return new FindingFingerprint(
            KeyText.Of(FamilyText(finding, core)),
            KeyText.Of(shape),
            KeyText.Of(ExactText(finding, core, shape)),
            finding.Culprit is null ? null : KeyText.Of(CulpritText(finding, core)),
            shape,
            Version,
            finding.Fingerprint.Visibility);
    }

    private static string FamilyText(Finding finding, FindingCore core)
    {
        IEnumerable<string> kinds = core.Edges.Select(edge => edge.Kind)
            .Concat(core.Core.SelectMany(participant => RelevantWaits.Of(finding, participant)))
            .Select(kind => kind.Split(':')[0])
            .Distinct().Order(StringComparer.Ordinal);
        return $"family {finding.Class.ToString().ToLowerInvariant()} {string.Join(' ', kinds)}";
    }

    private static string ExactText(Finding finding, FindingCore core, string shape)
    {
        Dictionary<int, string> names = finding.Participants.DistinctBy(participant => participant.Pid)
            .ToDictionary(participant => participant.Pid, participant => NameNormalizer.Of(participant.Cmdline, participant.Comm));
        IEnumerable<string> lines =
        [
            .. finding.Participants.Select(participant => $"{names[participant.Pid]} {Arguments(participant)} threads {participant.Threads.Length} {Threads(participant)}{LostParent(participant)}"),
            .. FindingCore.EdgesAmong(finding, names.ContainsKey).Where(edge => edge.From != edge.To).Select(edge => $"{names[edge.From]} -{edge.Kind}-> {names[edge.To]}"),
        ];
        return $"{shape}exact {core.Core.Length}+{core.Upstream.Length}\n{string.Join('\n', lines.Order(StringComparer.Ordinal))}";
    }

    private static string Arguments(Participant participant) => string.Join(' ', participant.Cmdline?.Skip(1).Select(NameNormalizer.Argument) ?? []);

    private static string Threads(Participant participant) =>
        string.Join(',', participant.Threads.Select(thread => NameNormalizer.Argument(thread.Comm)).Order(StringComparer.Ordinal));

    /// <summary>Only who was there saw it, so it is no part of the shape.</summary>
    private static string LostParent(Participant participant) => participant.Orphan switch
    {
        null => "",
        { LostParent: { } lost } => $" lost {NameNormalizer.Of(null, lost)}",
        _ => " lost ?",
    };

    private static string CulpritText(Finding finding, FindingCore core)
    {
        // Once: a process may hold tens of thousands of duplicates, each of them a culprit.
        ILookup<(int, string), string> setsOf = FdRelation.Of(finding, core).ToLookup(set => (set.Pid, set.Target), set => $"{set.Fds}{set.Access}");
        IEnumerable<string> lines = finding.Culprits.Select(culprit => (Culprit: culprit, Holder: finding.Participants.FirstOrDefault(participant => participant.Pid == culprit.Pid)))
            .Select(pair => (pair.Culprit, pair.Holder, Object: ObjectOf(pair.Culprit, pair.Holder)))
            .DistinctBy(held => (held.Culprit.Pid, held.Object))
            .Select(held =>
            {
                string name = held.Holder is null ? "?" : NameNormalizer.Of(held.Holder.Cmdline, held.Holder.Comm);
                string lost = held.Holder is { Orphan: not null } orphan && NameNormalizer.SaysLittle(name) ? LostParent(orphan) : "";
                string[] sets = [.. setsOf[(held.Culprit.Pid, held.Object)].Order(StringComparer.Ordinal)];
                return $"{name}{lost} {ObjectWord.Of(held.Culprit.Resource)} {string.Join(' ', sets)}";
            });
        return $"culprit {string.Join('\n', lines.Distinct().Order(StringComparer.Ordinal))}";
    }

    /// <summary>What the fd leads to: a lock is told by device and inode, its file by name.</summary>
    private static string ObjectOf(Culprit culprit, Participant? holder) =>
        culprit.Fd is { } number && holder?.Fds.FirstOrDefault(fd => fd.Fd == number) is { } entry ? entry.Target : culprit.Resource;
}
