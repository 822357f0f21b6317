using OrphanBoard.Bench.Measuring;
using OrphanBoard.Bench.Running;

namespace OrphanBoard.Bench.Bars;

/// <summary>One-shot <c>orphan-agent scan</c>, everything included, against lsof on the same processes.</summary>
internal static class ScanBars
{
    private const string Name = "scan, whole program, against lsof +E";

    internal static void Measure(BenchRun bench)
    {
        using Load load = Load.MostlyIdle(bench.Places, 1000);
        string[] backEnds = [.. bench.BackEndsAndChoice];
        var ratios = backEnds.Select(_ => new Samples()).ToArray();
        var costs = backEnds.Select(_ => new Samples()).ToArray();
        var reasons = new string[backEnds.Length];
        for (int round = 0; round < bench.SlowRuns; round++)
        {
            double lsof = Lsof.CpuMs();
            for (int i = 0; i < backEnds.Length; i++)
            {
                (Samples? cost, reasons[i]) = Scan(bench, backEnds[i], ran => ran.CpuMs);
                if (cost is null)
                    continue;
                costs[i].Add(cost.Median);
                ratios[i].Add(lsof / cost.Median);
            }
        }
        for (int i = 0; i < backEnds.Length; i++)
        {
            bench.Table.Add(ratios[i].Count == 0
                ? Bar.Skipped("scan", Name, backEnds[i], "x", 10, true, reasons[i])
                : Bar.Times("scan", Name, backEnds[i], ratios[i], 10, $"scan {BarTable.Number(costs[i].Median)} ms"));
        }
    }

    /// <summary>Scans as often as a bar wants; null, and why, where this back end cannot.</summary>
    internal static (Samples? Samples, string WhyNot) Scan(BenchRun bench, string backEnd, Func<Ran, double> figure)
    {
        var samples = new Samples();
        for (int i = 0; i < bench.Runs; i++)
        {
            Ran ran = Child.Run(bench.Places.Agent, ["scan", .. BackEnds.Option(backEnd)]);
            if (ran.Exit is not (0 or 3))
                return (null, ran.LastWords);
            samples.Add(figure(ran));
        }
        return (samples, "");
    }
}

/// <summary>The tool that one would use otherwise.</summary>
internal static class Lsof
{
    /// <summary>CPU time of one look at all processes with the ends of their pipes joined.</summary>
    internal static double CpuMs() => Child.Run("lsof", "-n", "-P", "+E", "-F") is { Exit: 0 or 1 } ran
        ? ran.CpuMs
        : throw new InvalidOperationException("lsof cannot be run: install the package lsof");
}
