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
        if (findings.IsEmpty)
            output.WriteLine($"nothing found in {Count(visibility.Processes, "process", "processes")} with {Count(visibility.Threads, "thread", "threads")}");
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

    public static void Write(TextWriter output, Finding finding)
    {
        output.WriteLine($"{finding.Class.ToString().ToLowerInvariant()}, {finding.Confidence.ToString().ToLowerInvariant()}: {VisibleText.Of(finding.Rule)}");
        output.WriteLine($"  {VisibleText.Of(finding.Summary)}");
        foreach (string sentence in finding.Explanation)
            output.WriteLine($"    {VisibleText.Of(sentence)}");
        foreach (Culprit culprit in finding.Culprits)
        {
            string fd = culprit.Fd is { } number ? $"fd {number} of " : "";
            output.WriteLine($"  culprit: {fd}pid {culprit.Pid}, {VisibleText.Of(culprit.Resource)}. {VisibleText.Of(culprit.Remedy)}");
        }
        foreach (string note in finding.Notes)
            output.WriteLine($"  note: {VisibleText.Of(note)}");
        if (finding.BoundedBy is { } end)
            output.WriteLine($"  bounded by: {VisibleText.Of(end)}");
        foreach (string assumption in finding.Assumptions)
            output.WriteLine($"  assumed: {VisibleText.Of(Assumption.Sentence(assumption) ?? assumption)}");
        List(output, "not proven because", finding.NotProvenBecause);
        output.WriteLine($"  waited at least {Duration(finding.WaitedSeconds)}; fingerprint {Short(finding.Fingerprint.Shape)}");
    }

    private static void List(TextWriter output, string title, ImmutableArray<string> items)
    {
        if (!items.IsEmpty)
            output.WriteLine($"  {title}: {string.Join("; ", items.Select(VisibleText.Of))}");
    }

    private static string Count(int number, string one, string many) =>
        number == 1 ? $"1 {one}" : $"{number.ToString("N0", CultureInfo.InvariantCulture)} {many}";

    private static string Duration(double seconds) => TimeSpan.FromSeconds(seconds) switch
    {
        { TotalDays: >= 1 } t => $"{(int)t.TotalDays} d {t.Hours} h",
        { TotalHours: >= 1 } t => $"{t.Hours} h {t.Minutes} min",
        { TotalMinutes: >= 1 } t => $"{t.Minutes} min {t.Seconds} s",
        { TotalSeconds: >= 10 } t => $"{t.Seconds} s",
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
    };

    /// <summary><c>v1-abcdefgh</c>: enough to tell two apart by eye.</summary>
    private static string Short(string fingerprint) => fingerprint.Length > 11 ? fingerprint[..11] : fingerprint;
}
