using OrphanBoard.Agent.Guarding.Reports.Texts;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary><c>--hazards</c>: what can hang, the moment that it is seen.</summary>
public static class HazardText
{
    public static void Write(TextWriter output, GuardOutcome outcome, Finding hazard, ReportContext context)
    {
        TextStyle style = context.Style;
        Report.Lines(output, "", $"orphan-agent: hazard in {Report.Command(outcome, style)}: {hazard.Summary}", style);
        Report.Sentences(output, hazard, style);
        Report.Culprits(output, hazard, style);
        Report.Field(output, "rule", $"{hazard.Rule}, fingerprint {Report.Short(hazard.Fingerprint.Shape)}; nothing hangs yet", style);
    }
}
