using System.Diagnostics;
using OrphanBoard.Bench.Measuring;
using OrphanBoard.Bench.Running;
using OrphanBoard.Bench.Soaking;

namespace OrphanBoard.Bench.Bars;

/// <summary>What guard costs a command that nothing is wrong with: until it runs, and while it runs.</summary>
internal static class GuardBars
{
    private const int DefaultSeconds = 60;

    /// <summary>A start is short, and a single one says little.</summary>
    private const int StartsPerRun = 6;

    /// <summary>The first looks, which read everything, are over by then; what they cost is told beside the figure.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(5);

    internal static void Measure(BenchRun bench)
    {
        MeasureStart(bench);
        string[] guard = [bench.Places.Agent, "guard", "--"];
        using (Child idle = Child.StartToListen(guard[0], [.. guard[1..], bench.Places.Keeper, "--limit", "1800", "--", "sleep", "1800"]))
            MeasureCpu(bench, "an idle command", idle.Pid, () => "");
        using BuildLoop busy = BuildLoop.Start(guard);
        MeasureCpu(bench, "make -j2 in a loop", busy.Pid, () => $"{busy.Builds} builds");
    }

    /// <summary>By turns, so that both meet the same moments of the machine.</summary>
    private static void MeasureStart(BenchRun bench)
    {
        Samples more = new(), alone = new();
        for (int i = 0; i < bench.Runs * StartsPerRun; i++)
        {
            double without = Wall("true"), with = Wall(bench.Places.Agent, "guard", "--", "true");
            alone.Add(without);
            more.Add(with - without);
        }
        bench.Table.Add(Bar.AtMost("guard", "guard -- true, wall beyond true alone", null, more, "ms", 30, $"true alone {BarTable.Number(alone.Median)} ms"));
    }

    private static double Wall(string program, params string[] arguments)
    {
        Ran ran = Child.Run(program, arguments);
        return ran is { Exit: 0, LastWords: "" } ? ran.WallMs : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {ran.Exit}: {ran.LastWords}");
    }

    private static void MeasureCpu(BenchRun bench, string command, int pid, Func<string> note)
    {
        long begin = Stopwatch.GetTimestamp();
        Thread.Sleep(SettleTime);
        double first = OwnCpuMs(bench, pid), start = first / Stopwatch.GetElapsedTime(begin).TotalMilliseconds * 100;
        begin = Stopwatch.GetTimestamp();
        Thread.Sleep(TimeSpan.FromSeconds(bench.Options.Seconds ?? DefaultSeconds));
        double percent = (OwnCpuMs(bench, pid) - first) / Stopwatch.GetElapsedTime(begin).TotalMilliseconds * 100;
        string more = note();
        bench.Table.Add(new Bar(
            "guard", $"guard of {command}, CPU", null, percent, "%", 1, false, 1, percent, percent,
            $"first {SettleTime.TotalSeconds:0} s {BarTable.Number(start)} %{(more.Length == 0 ? "" : $", {more}")}"));
    }

    /// <summary>Of guard and its helper, and of nobody whom it has waited for.</summary>
    private static double OwnCpuMs(BenchRun bench, int pid) =>
        ProcessFamily.OwnCpuMs(pid) + ProcessFamily.ChildrenOf(pid).Where(child => ProcessFamily.Runs(child, bench.Places.Agent)).Sum(ProcessFamily.OwnCpuMs);
}
