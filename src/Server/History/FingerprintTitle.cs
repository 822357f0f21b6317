using System.Text.RegularExpressions;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;

namespace OrphanBoard.Server.History;

/// <summary>The name of a kind of hang: the rule in words and who takes part, without anything that differs the next time.</summary>
public static partial class FingerprintTitle
{
    private const int MaxNames = 3;

    /// <summary><c>EOF held by duplicate: test-bin, child</c>.</summary>
    public static string Of(Finding finding)
    {
        string[] names = [.. Ordered(finding).Select(p => NameNormalizer.Of(p.Cmdline, p.Comm)).Where(n => n.Length > 0).Distinct(StringComparer.Ordinal)];
        string shown = string.Join(", ", names.Take(MaxNames)) + (names.Length > MaxNames ? ", ..." : "");
        return shown.Length == 0 ? Words(finding.Rule) : $"{Words(finding.Rule)}: {shown}";
    }

    /// <summary>The culprit first, then as the finding names them; who merely waits upstream differs from run to run and comes last.</summary>
    private static IEnumerable<Participant> Ordered(Finding finding) => finding.Participants
        .OrderByDescending(p => p.Pid == finding.Culprit?.Pid)
        .ThenBy(p => p.Role == ParticipantRole.RootWaiter);

    private static string Words(string rule)
    {
        string words = Acronym().Replace(rule.Replace('-', ' '), m => m.Value.ToUpperInvariant());
        return words.Length == 0 ? words : char.ToUpperInvariant(words[0]) + words[1..];
    }

    [GeneratedRegex(@"\b(eof|fd|tty|fifo)\b")]
    private static partial Regex Acronym();
}
