using OrphanBoard.Agent.Guarding.Reports.Picture;
using OrphanBoard.Agent.Guarding.Reports.Texts;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>What guard writes when a command hangs: for whoever reads it in the middle of the night, once and from top to bottom.</summary>
public static class PanicText
{
    private const int MaxOthers = 5, MaxNotes = 8;

    /// <summary>The first finding of <paramref name="outcome"/> in full, the others in a line each. Nothing without a finding.</summary>
    public static void Write(TextWriter output, GuardOutcome outcome, ReportContext context)
    {
        if (outcome.Findings is not [var finding, .. var others])
            return;
        TextStyle style = context.Style;
        Report.Headline(output, Word(finding), outcome, finding.Summary, style);
        output.WriteLine($"  {Standing(finding)}");
        output.WriteLine();
        Report.Sentences(output, finding, style);
        output.WriteLine();
        WaitPicture.Write(output, finding, style);
        output.WriteLine();
        Report.Culprits(output, finding, style);
        Facts(output, finding, context);
        others = [.. others.Where(other => other.Class != FindingClass.Hazard)];
        foreach (Finding other in others.Take(MaxOthers))
            Report.Field(output, "also", $"{Report.Word(other.Class)}, {other.Rule}: {other.Summary}", style);
        if (others.Length > MaxOthers)
            Report.Field(output, "", $"and {Shown.Count(others.Length - MaxOthers, "more finding", "more findings")}", style);
        StacksText.Write(output, outcome.Stacks, style);
        output.WriteLine();
        Ending(output, outcome, finding, context);
    }

    /// <summary><c>DEADLOCK</c>, <c>LIKELY DEADLOCK</c>, <c>HANG</c>: what it is, in capitals.</summary>
    internal static string Word(Finding finding) => (finding.Class, finding.Confidence) switch
    {
        (FindingClass.Deadlock, Confidence.Proven) => "DEADLOCK",
        (FindingClass.Deadlock, _) => "LIKELY DEADLOCK",
        _ => "HANG",
    };

    private static string Standing(Finding finding)
    {
        string waited = finding.WaitedSeconds > 0 ? $"; nothing in it has moved for at least {Report.Span(finding.WaitedSeconds)}" : "";
        return $"{Report.Word(finding.Confidence)}: {finding.Rule}{waited}";
    }

    private static void Facts(TextWriter output, Finding finding, ReportContext context)
    {
        TextStyle style = context.Style;
        foreach (string note in finding.Notes.Take(MaxNotes))
            Report.Field(output, "note", note, style);
        if (finding.Notes.Length > MaxNotes)
            Report.Field(output, "", $"and {Shown.Count(finding.Notes.Length - MaxNotes, "more note", "more notes")}: finding.json in the evidence has them all", style);
        foreach (string why in finding.NotProvenBecause)
            Report.Field(output, "not proven", why, style);
        foreach (string assumption in finding.Assumptions)
            Report.Field(output, "assumed", Assumption.Sentence(assumption) ?? assumption, style);
        if (finding.BoundedBy is { } end)
            Report.Field(output, "bounded by", end, style);
        Report.Field(output, "fingerprint", finding.Fingerprint.Shape, style);
        if (context.Seen is { } seen)
            Report.Field(output, "seen before", SeenText.Of(seen, context), style);
    }

    private static void Ending(TextWriter output, GuardOutcome outcome, Finding finding, ReportContext context)
    {
        TextStyle style = context.Style;
        Report.Evidence(output, context);
        string title = $"orphan-agent: {Word(finding)} ({Shown.Of(finding.Rule, style)})";
        switch (context.Then)
        {
            case AfterPanic.End:
                output.WriteLine(style.Loud($"{title}: ending the command and all that it started; exit code {outcome.ExitCode}"));
                break;
            case AfterPanic.Report:
                string why = PanicPolicy.Ends(finding) ? "only reported (--on-deadlock=report)" : "left to the limit above it";
                output.WriteLine(style.Loud($"{title}: {why}; the command goes on"));
                break;
            default:
                KeepText.Write(output, outcome, finding, style);
                output.WriteLine(style.Loud($"{title}: all its processes are left alive (--keep); exit code {outcome.ExitCode}"));
                break;
        }
    }
}
