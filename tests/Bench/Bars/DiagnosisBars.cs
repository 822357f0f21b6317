using System.Collections.Immutable;
using OrphanBoard.Bench.Measuring;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Bench.Bars;

/// <summary>What the diagnosis costs once the looks are taken: a large host with one deadlock in it, and whether twice the host costs twice as much.</summary>
internal static class DiagnosisBars
{
    private const int WarmUp = 3;

    internal static void Measure(BenchRun bench)
    {
        Samples large = MillisecondsOf(bench, 10_000), small = MillisecondsOf(bench, 2_500);
        bench.Table.Add(Bar.AtMost(
            "diagnosis", "a deadlock among 10,000 processes, 40,000 threads, 200,000 fds, after the scan", null, large, "ms", 50, "both looks, nothing known before"));
        bench.Table.Add(new Bar(
            "diagnosis", "the same, for each process, against 2,500 processes", null, large.Median / small.Median / 4, "x", 1.5, false, large.Count,
            large.Least / small.Most / 4, large.Most / small.Least / 4, $"{BarTable.Number(small.Median)} ms"));
    }

    private static Samples MillisecondsOf(BenchRun bench, int processes)
    {
        Snapshot first = SyntheticHost.Look(processes, seconds: 1000), last = SyntheticHost.Look(processes, seconds: 1001);
        for (int i = 0; i < WarmUp; i++)
            Diagnose(first, last);
        return Samples.Of(bench.Runs, () => Cpu.MsOf(() => Diagnose(first, last)));
    }

    private static void Diagnose(Snapshot first, Snapshot last)
    {
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        diagnosis.Advance(first);
        ImmutableArray<Finding> findings = diagnosis.Advance(last).Findings;
        if (findings is not [{ Class: FindingClass.Deadlock, Confidence: Confidence.Proven, Pids.Length: 3 }])
            throw new InvalidOperationException($"the deadlock of three was to be found, not {findings.Length} findings");
    }
}
