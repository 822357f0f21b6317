using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Commands;

/// <summary>Findings for a person at a terminal. Every name in them is shown with <see cref="VisibleText"/>.</summary>
public static class FindingText
{
    public static void Write(TextWriter output, ImmutableArray<Finding> findings, Visibility visibility)
    {
        foreach (Finding finding in findings)
        {
            Write(output, finding);
            output.WriteLine();
        }
        string found = findings.IsEmpty ? "nothing found" : $"{Count(findings.Length, "finding", "findings")} ({string.Join(", ", findings.GroupBy(f => f.Class).Select(same => $"{same.Count()} {Word(same.Key)}"))})";
        output.WriteLine($"{found} in {Count(visibility.Processes, "process", "processes")} with {Count(visibility.Threads, "thread", "threads")}");
        if (visibility.ReadsAbandoned > 0)
        {
            output.WriteLine(
                $"{Count(visibility.ReadsAbandoned, "process", "processes")} could not be read in part: the reads blocked and had to be abandoned; "
                + "'orphan-agent doctor' on that host says which");
        }
        if (!visibility.Complete && (visibility.ReadsAbandoned == 0 || visibility.FdTablesUnreadable > 0 || visibility.WaitsUnreadable > 0))
        {
            output.WriteLine(
                $"not everything was visible: {Count(visibility.FdTablesUnreadable, "fd table", "fd tables")} and "
                + $"{Count(visibility.WaitsUnreadable, "blocked call", "blocked calls")} could not be read; 'orphan-agent doctor' on that host says why");
        }
    }

    /// <summary>Culprits that are told one by one: a process can have an end open a thousand times.</summary>
    private const int MaxCulprits = 8;

    /// <summary>Nobody reads more of one finding at a terminal.</summary>
    private const int MaxSentences = 40;

    public static void Write(TextWriter output, Finding finding)
    {
        output.WriteLine($"{Word(finding.Class)}, {Word(finding.Confidence)}: {VisibleText.Of(finding.Rule)}");
        output.WriteLine($"  {VisibleText.Of(finding.Summary)}");
        // Remedies are told with the culprits.
        HashSet<string> remedies = [.. finding.Culprits.Select(culprit => culprit.Remedy)];
        ImmutableArray<string> sentences = [.. finding.Explanation.Where(sentence => !remedies.Contains(sentence))];
        foreach (string sentence in sentences.Take(MaxSentences))
            output.WriteLine($"    {VisibleText.Of(sentence)}");
        if (sentences.Length > MaxSentences)
            output.WriteLine($"    and {Count(sentences.Length - MaxSentences, "more sentence", "more sentences")}: --json has them all");
        WriteCulprits(output, finding);
        foreach (string note in finding.Notes)
            output.WriteLine($"  note: {VisibleText.Of(note)}");
        if (finding.BoundedBy is { } end)
            output.WriteLine($"  bounded by: {VisibleText.Of(end)}");
        foreach (string assumption in finding.Assumptions)
            output.WriteLine($"  assumed: {VisibleText.Of(Assumption.Sentence(assumption) ?? assumption)}");
        List(output, "not proven because", finding.NotProvenBecause);
        string waited = finding.WaitedSeconds > 0 ? $"waited at least {SpanText.Of(TimeSpan.FromSeconds(finding.WaitedSeconds))}; " : "";
        output.WriteLine($"  {waited}fingerprint {Short(finding.Fingerprint.Shape)}");
    }

    /// <summary>One line for all fds of one process on one thing.</summary>
    private static void WriteCulprits(TextWriter output, Finding finding)
    {
        var lines = finding.Culprits.GroupBy(culprit => (culprit.Pid, culprit.Resource, culprit.Remedy)).ToList();
        string? told = null;
        foreach (var line in lines.Take(MaxCulprits))
        {
            (int pid, string resource, string remedy) = line.Key;
            string who = finding.Participants.FirstOrDefault(participant => participant.Pid == pid) is { } known ? $"{known.Name} ({pid})" : $"pid {pid}";
            string[] fds = [.. line.Where(culprit => culprit.Fd is not null).Select(culprit => $"fd {culprit.Fd}")];
            string of = fds.Length == 0 ? "" : $"{string.Join(", ", fds)} of ";
            // What ends it is said once for culprits in a row that have it in common.
            output.WriteLine($"  culprit: {of}{VisibleText.Of(who)}, {VisibleText.Of(resource)}.{(remedy == told ? "" : $" {VisibleText.Of(remedy)}")}");
            told = remedy;
        }
        if (lines.Count > MaxCulprits)
            output.WriteLine($"  and {Count(lines.Count - MaxCulprits, "more culprit", "more culprits")}: --json names them");
    }

    private static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static void List(TextWriter output, string title, ImmutableArray<string> items)
    {
        if (!items.IsEmpty)
            output.WriteLine($"  {title}: {string.Join("; ", items.Select(VisibleText.Of))}");
    }

    private static string Count(int number, string one, string many) =>
        number == 1 ? $"1 {one}" : $"{number.ToString("N0", CultureInfo.InvariantCulture)} {many}";

    /// <summary><c>v1-abcdefgh</c>: enough to tell two apart by eye.</summary>
    private static string Short(string fingerprint) => fingerprint.Length > 11 ? fingerprint[..11] : fingerprint;
}
