using System.Diagnostics;
using OrphanBoard.Bench.Measuring;
using OrphanBoard.Bench.Running;

namespace OrphanBoard.Bench.Bars;

/// <summary>
/// The whole agent as it runs, once a second, with diagnosis, streaming to a real server: its CPU time and that of its helpers, and its memory.
/// </summary>
internal static class AgentBars
{
    private const int DefaultSeconds = 60, Slices = 6;

    /// <summary>What an agent saves by leaving out looks is not saved.</summary>
    private const double LeastLooksASecond = 0.9;

    /// <summary>What a start costs is over by then: the first looks, the first message with everything in it.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(8);

    internal static void Measure(BenchRun bench)
    {
        foreach (int processes in (int[])[1000, 10_000])
        {
            using Load load = Load.MostlyIdle(bench.Places, processes);
            foreach (string backEnd in bench.BackEnds)
                MeasureOne(bench, processes, backEnd);
        }
    }

    private static void MeasureOne(BenchRun bench, int processes, string backEnd)
    {
        string cpuName = $"running agent, {processes:N0} processes, CPU", rssName = $"running agent, {processes:N0} processes, RSS";
        double? cpuLimit = CpuLimit(processes, backEnd), rssLimit = processes == 1000 ? 40 : null;
        using RunningAgent? agent = RunningAgent.Start(bench.Places, backEnd, out string whyNot);
        if (agent is null)
        {
            bench.Table.Add(Bar.Skipped("agent", cpuName, backEnd, "%", cpuLimit, false, whyNot));
            bench.Table.Add(Bar.Skipped("agent", rssName, backEnd, "MB", rssLimit, false, whyNot));
            return;
        }
        Thread.Sleep(SettleTime);
        (Samples percent, double whole, double looks) = Watch(agent, bench.Options.Seconds ?? DefaultSeconds);
        ProcessFamily family = ProcessFamily.Of(agent.Pid);
        string pace = $"{BarTable.Number(looks)} looks a second{OddWords(agent.Said)}";
        bench.Table.Add(looks >= LeastLooksASecond
            ? new Bar("agent", cpuName, backEnd, whole, "%", cpuLimit, false, percent.Count, percent.Least, percent.Most, pace)
            : Bar.Skipped("agent", cpuName, backEnd, "%", cpuLimit, false, $"the agent or the machine is too slow: {pace}, {BarTable.Number(whole)} % CPU"));
        double rss = family.RssKb / 1024.0;
        string helpers = family.HelperRssKb.Count == 0 ? "no helpers" : $"helpers {string.Join(", ", family.HelperRssKb.Select(kb => BarTable.Number(kb / 1024.0)))} MB";
        bench.Table.Add(new Bar(
            "agent", rssName, backEnd, rss, "MB", rssLimit, false, 1, rss, rss, $"Pss {BarTable.Number(family.PssKb / 1024.0)} MB, {family.Fds} fds, {helpers}"));
    }

    private static double? CpuLimit(int processes, string backEnd) => (processes, backEnd) switch
    {
        (1000, BackEnds.Ebpf) => 0.8,
        (1000, BackEnds.Taskstats) => 2,
        (1000, BackEnds.Proc) => 3,
        (_, BackEnds.Ebpf) => 5,
        (_, BackEnds.Taskstats) => 8,
        _ => null,
    };

    /// <summary>Percent of one core, of each part of the time and of all of it, and how many looks reached the server.</summary>
    private static (Samples Parts, double Whole, double LooksASecond) Watch(RunningAgent agent, int seconds)
    {
        var parts = new Samples();
        double looks = agent.Looks();
        long begin = Stopwatch.GetTimestamp(), partBegin = begin;
        double first = ProcessFamily.Of(agent.Pid).CpuMs, used = first;
        for (int part = 1; part <= Slices; part++)
        {
            TimeSpan rest = TimeSpan.FromSeconds(seconds) * part / Slices - Stopwatch.GetElapsedTime(begin);
            if (rest > TimeSpan.Zero)
                Thread.Sleep(rest);
            double now = ProcessFamily.Of(agent.Pid).CpuMs;
            parts.Add((now - used) / Stopwatch.GetElapsedTime(partBegin).TotalMilliseconds * 100);
            (used, partBegin) = (now, Stopwatch.GetTimestamp());
        }
        double elapsed = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return (parts, (used - first) / elapsed / 10, (agent.Looks() - looks) / elapsed);
    }

    /// <summary>An agent that only streamed has said one line.</summary>
    private static string OddWords(string said) => said.Contains('\n') ? $"; it said: {said.ReplaceLineEndings(" | ")}" : "";
}
