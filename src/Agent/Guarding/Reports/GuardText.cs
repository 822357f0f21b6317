using OrphanBoard.Agent.Guarding.Reports.Texts;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>All that is to be said of a run, when it is over: for files that others read.</summary>
public static class GuardText
{
    /// <summary>Empty: there is nothing to say.</summary>
    public static string Of(GuardOutcome outcome, ReportContext context)
    {
        using var output = new StringWriter { NewLine = "\n" };
        if (outcome.End == GuardEnd.Timeout)
            TimeoutText.Write(output, outcome, context);
        else
        {
            if (outcome.Findings is [{ } first, ..] && IsHang(first))
                PanicText.Write(output, outcome, context);
            foreach (var hazard in outcome.Findings.Where(finding => finding.Class == FindingClass.Hazard))
                HazardText.Write(output, outcome, hazard, context);
            LeftText.Write(output, outcome, context);
        }
        return output.ToString();
    }

    internal static bool IsHang(Finding finding) =>
        finding.Class is FindingClass.Deadlock or FindingClass.Stall or FindingClass.Stopped;

    /// <summary>One line: what is wrong; null where nothing is.</summary>
    internal static string? Title(GuardOutcome outcome)
    {
        TextStyle style = TextStyle.File;
        string? finding = outcome.Findings is [{ } first, ..] ? first.Summary : null;
        return outcome.End switch
        {
            GuardEnd.Timeout => Report.Title($"TIMEOUT after {Report.Span(outcome.Duration.TotalSeconds)}", outcome, finding ?? "nothing in it is known to hang", style),
            _ when outcome.Findings is [{ } hang, ..] && IsHang(hang) => Report.Title(PanicText.Word(hang), outcome, hang.Summary, style),
            _ when outcome.Left.Any(left => !left.Stays) => LeftText.Title(outcome, style),
            _ => null,
        };
    }
}
