using System.Collections.Immutable;
using OrphanBoard.Agent.Guarding.Reports.Picture;
using OrphanBoard.Agent.Guarding.Reports.Texts;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary><c>--timeout</c>: what everybody was doing when the time was over, proven or not.</summary>
public static class TimeoutText
{
    private const int MaxProcesses = 40;

    public static void Write(TextWriter output, GuardOutcome outcome, ReportContext context)
    {
        TextStyle style = context.Style;
        string found = outcome.Findings switch
        {
            [] => "nothing in it is known to hang.",
            [var only] => only.Summary,
            [var first, .. var others] => $"{first.Summary} {Shown.Count(others.Length, "more finding", "more findings")} below.",
        };
        Report.Headline(output, $"TIMEOUT after {Report.Span(outcome.Duration.TotalSeconds)}", outcome, found, style);
        foreach (Finding finding in outcome.Findings.Take(3))
        {
            output.WriteLine($"  {Report.Word(finding.Class)}, {Report.Word(finding.Confidence)}: {finding.Rule}");
            Report.Sentences(output, finding, style);
            output.WriteLine();
            WaitPicture.Write(output, finding, style);
            output.WriteLine();
            Report.Culprits(output, finding, style);
            Report.Field(output, "fingerprint", finding.Fingerprint.Shape, style);
            output.WriteLine();
        }
        WriteDoings(output, outcome, style);
        StacksText.Write(output, outcome.Stacks, style);
        Report.Evidence(output, context);
        output.WriteLine();
        string then = context.Then == AfterPanic.Keep ? "all its processes are left alive (--keep)" : "ending the command and all that it started";
        output.WriteLine(style.Loud($"orphan-agent: TIMEOUT (--timeout): {then}; exit code {outcome.ExitCode}"));
    }

    /// <summary>Every process of the command, whether or not a finding has told of it.</summary>
    private static void WriteDoings(TextWriter output, GuardOutcome outcome, TextStyle style)
    {
        ImmutableArray<ProcessRecord> all = CommandTree.Records(outcome);
        if (outcome.Evidence is not { } evidence || all.IsEmpty)
        {
            output.WriteLine("  nobody could be looked at");
            return;
        }
        output.WriteLine(style.Strong("  what everybody was doing"));
        LookMemory memory = new LookMemory().Advance(evidence.First);
        memory.Advance(evidence.Last);
        foreach (Hop one in AlikeHops.Join(Explainer.Tell(evidence.First, evidence.Last, memory, new DiagnosisOptions(), all.Take(MaxProcesses).Select(process => process.Pid))))
            Report.Lines(output, $"  {(style.Unicode ? '●' : 'o')} ", string.Join(' ', one.Sentences), style);
        if (all.Length > MaxProcesses)
            output.WriteLine($"    and {Shown.Count(all.Length - MaxProcesses, "more process", "more processes")}: the evidence has them all");
    }
}
