using System.Diagnostics;
using System.Globalization;
using OrphanBoard.Bench.Measuring;
using OrphanBoard.Bench.Running;

namespace OrphanBoard.Bench.Soaking;

/// <summary>
/// The agent beside a build loop: thousands of short-lived processes. It must not grow: its memory and fds of the last third of the
/// time are compared with those of the first.
/// </summary>
internal sealed class Soak(Places places, TimeSpan duration, string backEnd, TextWriter output)
{
    /// <summary>Growth that is no leak: a heap is not always the same size at the same work.</summary>
    private const double MostMemoryGrowth = 1.15, SlackKb = 3 * 1024;
    private const int MostFdGrowth = 8, LeastSamples = 9;

    /// <summary>Half of what it is asked for: the builds take the machine's time.</summary>
    private const double LeastLooksASecond = 0.5;

    /// <summary>What a start costs is over by then, and the heap has its size.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _step = TimeSpan.FromSeconds(Math.Clamp(duration.TotalSeconds / 30, 1, 10));

    /// <summary>Whether it did not grow.</summary>
    /// <exception cref="InvalidOperationException">The agent cannot run, or ended by itself.</exception>
    internal bool Run()
    {
        using RunningAgent agent = RunningAgent.Start(places, backEnd, out string whyNot) ?? throw new InvalidOperationException(whyNot);
        using var build = BuildLoop.Start();
        List<Reading> readings = [];
        Thread.Sleep(SettleTime);
        double looks = agent.Looks();
        long begin = Stopwatch.GetTimestamp();
        double cpu = ProcessFamily.Of(agent.Pid).CpuMs;
        output.WriteLine("seconds  RSS kB  Pss kB  fds  CPU %  builds");
        for (int step = 1; _step * step <= duration; step++)
        {
            TimeSpan rest = _step * step - Stopwatch.GetElapsedTime(begin);
            if (rest > TimeSpan.Zero)
                Thread.Sleep(rest);
            if (agent.HasEnded)
                throw new InvalidOperationException($"the agent ended by itself: {agent.Said}");
            ProcessFamily family = ProcessFamily.Of(agent.Pid);
            var reading = new Reading(family.RssKb + family.HelperRssKb.Sum(), family.PssKb, family.Fds, (family.CpuMs - cpu) / _step.TotalMilliseconds * 100);
            cpu = family.CpuMs;
            readings.Add(reading);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Stopwatch.GetElapsedTime(begin).TotalSeconds,7:0} {reading.RssKb,7} {reading.PssKb,7} {reading.Fds,4} {reading.CpuPercent,6:0.0} {build.Builds,7}"));
            output.Flush();
        }
        double rate = (agent.Looks() - looks) / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate:0.00} looks a second reached the server"));
        if (rate < LeastLooksASecond)
            throw new InvalidOperationException("an agent that does not look cannot grow");
        return Judge(readings, build.Builds);
    }

    private bool Judge(List<Reading> readings, int builds)
    {
        if (readings.Count < LeastSamples)
            throw new InvalidOperationException($"{duration.TotalSeconds:0} s are too short to tell growth");
        if (builds == 0)
            throw new InvalidOperationException("nothing was built meanwhile: is gcc there?");
        int third = readings.Count / 3;
        (double rssFirst, double rssLast) = Compare(reading => reading.RssKb);
        (double fdsFirst, double fdsLast) = Compare(reading => reading.Fds);
        (double cpuFirst, double cpuLast) = Compare(reading => reading.CpuPercent);
        bool memoryStays = rssLast <= rssFirst * MostMemoryGrowth + SlackKb, fdsStay = fdsLast <= fdsFirst + MostFdGrowth;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"first third to last third: RSS {rssFirst:0} -> {rssLast:0} kB ({Word(memoryStays)}), fds {fdsFirst:0} -> {fdsLast:0} ({Word(fdsStay)}), CPU {cpuFirst:0.0} -> {cpuLast:0.0} %, {builds} builds"));
        return memoryStays && fdsStay;

        (double First, double Last) Compare(Func<Reading, double> figure)
        {
            Samples first = new(), last = new();
            readings.Take(third).ToList().ForEach(reading => first.Add(figure(reading)));
            readings.TakeLast(third).ToList().ForEach(reading => last.Add(figure(reading)));
            return (first.Median, last.Median);
        }
    }

    private static string Word(bool stays) => stays ? "does not grow" : "GROWS";

    private sealed record Reading(long RssKb, long PssKb, int Fds, double CpuPercent);
}
