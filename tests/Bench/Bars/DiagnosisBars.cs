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
        Looks large = MillisecondsOf(bench, 10_000), small = MillisecondsOf(bench, 2_500);
        bench.Table.Add(Bar.AtMost(
            "diagnosis", "a deadlock among 10,000 processes, 40,000 threads, 200,000 fds, after the scan", null, large.Last, "ms", 50, "the first look is diagnosed before the second is taken; every record has changed"));
        bench.Table.Add(Bar.AtMost("diagnosis", "of both looks, nothing known before", null, large.Both, "ms", null, ""));
        bench.Table.Add(new Bar(
            "diagnosis", "the same, for each process, against 2,500 processes", null, large.Both.Median / small.Both.Median / 4, "x", 1.5, false, large.Both.Count,
            large.Both.Least / small.Both.Most / 4, large.Both.Most / small.Both.Least / 4, $"{BarTable.Number(small.Both.Median)} ms"));
    }

    private static Looks MillisecondsOf(BenchRun bench, int processes)
    {
        Snapshot first = SyntheticHost.Look(processes, seconds: 1000), last = SyntheticHost.Look(processes, seconds: 1001);
        for (int i = 0; i < WarmUp; i++)
            Measure(first, last, new Looks());
        var looks = new Looks();
        for (int i = 0; i < bench.Runs; i++)
            Measure(first, last, looks);
        return looks;
    }

    private static void Measure(Snapshot first, Snapshot last, Looks looks)
    {
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        ImmutableArray<Finding> findings = [];
        double before = Cpu.MsOf(() => diagnosis.Advance(first)), after = Cpu.MsOf(() => findings = diagnosis.Advance(last).Findings);
        if (findings is not [{ Class: FindingClass.Deadlock, Confidence: Confidence.Proven, Pids.Length: 3 }])
            throw new InvalidOperationException($"the deadlock of three was to be found, not {findings.Length} findings");
        looks.Both.Add(before + after);
        looks.Last.Add(after);
    }

    /// <summary>What the diagnosis of two looks took, in ms: of both, and of the last, after which somebody waits for what it says.</summary>
    private sealed record Looks
    {
        public Samples Both { get; } = new();

        public Samples Last { get; } = new();
    }
}
