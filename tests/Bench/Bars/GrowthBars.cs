using OrphanBoard.Bench.Measuring;
using OrphanBoard.Bench.Running;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Bench.Bars;

/// <summary>What one process costs among 10,000 against among 1,000, in snapshots that are taken once a second and begin with cold caches.</summary>
internal static class GrowthBars
{
    private const int WarmUp = 2;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    internal static void Measure(BenchRun bench)
    {
        Dictionary<string, Samples> small = MicrosecondsPerProcess(bench, 1000, out _);
        Dictionary<string, Samples> large = MicrosecondsPerProcess(bench, 10_000, out Dictionary<string, string> reasons);
        const string Name = "cost per process, of 10,000 against of 1,000, cold";
        foreach (string backEnd in bench.BackEnds)
        {
            if (reasons.TryGetValue(backEnd, out string? whyNot))
            {
                bench.Table.Add(Bar.Skipped("growth", Name, backEnd, "x", 1.3, false, whyNot));
                continue;
            }
            double ratio = large[backEnd].Median / small[backEnd].Median;
            bench.Table.Add(new Bar(
                "growth", Name, backEnd, ratio, "x", 1.3, false, large[backEnd].Count, large[backEnd].Least / small[backEnd].Most,
                large[backEnd].Most / small[backEnd].Least, $"{BarTable.Number(small[backEnd].Median)} and {BarTable.Number(large[backEnd].Median)} us a process"));
        }
    }

    private static Dictionary<string, Samples> MicrosecondsPerProcess(BenchRun bench, int processes, out Dictionary<string, string> reasons)
    {
        using Load load = Load.MostlyIdle(bench.Places, processes);
        using var caches = new CacheEviction();
        var lookers = new List<LookerUnderTest>();
        reasons = [];
        foreach (string backEnd in bench.BackEnds)
        {
            if (LookerUnderTest.TryOpen(backEnd, out string whyNot) is { } looker)
                lookers.Add(looker);
            else
                reasons[backEnd] = whyNot;
        }
        var costs = lookers.ToDictionary(looker => looker.BackEnd, _ => new Samples());
        for (int second = 0; second < bench.Runs + WarmUp; second++)
        {
            foreach (LookerUnderTest looker in lookers)
            {
                caches.Evict();
                Snapshot look = null!;
                double cost = Cpu.MsOf(() => look = looker.LookAtChanges());
                if (second >= WarmUp)
                    costs[looker.BackEnd].Add(cost * 1000 / look.Processes.Length);
            }
            Thread.Sleep(Interval);
        }
        lookers.ForEach(looker => looker.Dispose());
        return costs;
    }
}
