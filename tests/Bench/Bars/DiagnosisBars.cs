using System.Collections.Immutable;
using OrphanBoard.Bench.Measuring;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Bench.Bars;

/// <summary>What the diagnosis costs once the looks are taken: a large host with one deadlock in it, and whether four times the host costs four times as much.</summary>
internal static class DiagnosisBars
{
    private const int WarmUp = 3;

    /// <summary>One of each in turn, and each large one beside the small one after it: what the machine does meanwhile it does to both.</summary>
    internal static void Measure(BenchRun bench)
    {
        (Snapshot First, Snapshot Last) largeHost = Host(10_000), smallHost = Host(2_500);
        Looks large = new(), small = new(), unmeasured = new();
        for (int i = 0; i < WarmUp; i++)
        {
            Measure(largeHost, unmeasured);
            Measure(smallHost, unmeasured);
        }
        var ratio = new Samples();
        for (int i = 0; i < bench.Runs; i++)
            ratio.Add(Measure(largeHost, large) / Measure(smallHost, small) / 4);
        bench.Table.Add(Bar.AtMost(
            "diagnosis", "a deadlock among 10,000 processes, 40,000 threads, 200,000 fds, after the scan", null, large.Last, "ms", 50, "the first look is diagnosed before the second is taken; every record has changed"));
        bench.Table.Add(Bar.AtMost("diagnosis", "of both looks, nothing known before", null, large.Both, "ms", null, ""));
        bench.Table.Add(Bar.AtMost("diagnosis", "the same, for each process, against 2,500 processes", null, ratio, "x", 1.5, $"{BarTable.Number(small.Both.Median)} ms"));
    }

    private static (Snapshot First, Snapshot Last) Host(int processes) => (SyntheticHost.Look(processes, seconds: 1000), SyntheticHost.Look(processes, seconds: 1001));

    /// <summary>What both looks took, in ms.</summary>
    private static double Measure((Snapshot First, Snapshot Last) host, Looks looks)
    {
        // Each pays for its own garbage, and not for that of the one before.
        GC.Collect();
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        ImmutableArray<Finding> findings = [];
        double before = Cpu.MsOf(() => diagnosis.Advance(host.First)), after = Cpu.MsOf(() => findings = diagnosis.Advance(host.Last).Findings);
        if (findings is not [{ Class: FindingClass.Deadlock, Confidence: Confidence.Proven, Pids.Length: 3 }])
            throw new InvalidOperationException($"the deadlock of three was to be found, not {findings.Length} findings");
        looks.Both.Add(before + after);
        looks.Last.Add(after);
        return before + after;
    }

    /// <summary>What the diagnosis of two looks took, in ms: of both, and of the last, after which somebody waits for what it says.</summary>
    private sealed record Looks
    {
        public Samples Both { get; } = new();

        public Samples Last { get; } = new();
    }
}
