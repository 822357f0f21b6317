using OrphanBoard.Bench.Measuring;
using OrphanBoard.Bench.Running;

namespace OrphanBoard.Bench.Bars;

/// <summary>
/// What a tick, look and diagnosis, allocates when nothing of the load runs: it may depend on who ran, not on how many there are.
/// </summary>
internal static class AllocationBars
{
    private const int WarmUp = 4;

    /// <summary>As a running agent does. Back to back, the longer ticks of a larger load would each meet more of what the rest of the machine does.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Other processes of the machine come and go meanwhile.</summary>
    private const double Slack = 1.2;

    internal static void Measure(BenchRun bench)
    {
        const string Name = "allocations a tick, at 10,000 against at 1,000";
        foreach (string backEnd in bench.BackEnds)
        {
            if (BytesPerTick(bench, backEnd, 1000, out string whyNot) is not { } small || BytesPerTick(bench, backEnd, 10_000, out whyNot) is not { } large)
            {
                bench.Table.Add(Bar.Skipped("allocations", Name, backEnd, "x", Slack, false, whyNot));
                continue;
            }
            bench.Table.Add(new Bar(
                "allocations", Name, backEnd, large.Median / small.Median, "x", Slack, false, large.Count, large.Least / small.Most, large.Most / small.Least,
                $"{BarTable.Number(small.Median / 1000)} and {BarTable.Number(large.Median / 1000)} kB"));
        }
    }

    private static Samples? BytesPerTick(BenchRun bench, string backEnd, int processes, out string whyNot)
    {
        using LookerUnderTest? looker = LookerUnderTest.TryOpen(backEnd, out whyNot);
        if (looker is null)
            return null;
        using Load load = Load.Start(bench.Places, processes, active: 0);
        for (int i = 0; i < WarmUp; i++)
            looker.Tick();
        return Samples.Of(bench.Runs, () =>
        {
            Thread.Sleep(Interval);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            looker.Tick();
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        });
    }
}
