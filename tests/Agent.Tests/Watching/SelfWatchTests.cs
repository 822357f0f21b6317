using System.Diagnostics;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Watching;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Tests.Watching;

public sealed class SelfWatchTests : IDisposable
{
    private static readonly CollectorState Collector = new("proc", "ebpf: no CAP_BPF", "polling");

    private readonly Seconds _time = new();
    private readonly StringWriter _log = new();
    private readonly SelfWatch _watch;

    public SelfWatchTests() => _watch = new SelfWatch(TimeSpan.FromSeconds(1), 0.0001, _time, _log);

    [Fact]
    public void Report_LookThatBurnsCpu_IsMeasured()
    {
        _watch.BeginLook();
        TimeSpan burnt = Burn();
        _watch.EndLook(default);
        AgentUsage usage = _watch.Report(Collector);

        Assert.InRange(usage.LookCpuMs, burnt.TotalMilliseconds - 1, burnt.TotalMilliseconds * 3 + 100);
        Assert.True(usage.CpuSeconds >= burnt.TotalSeconds);
        // What /proc/self/status says a moment later is of the same order.
        Assert.InRange(usage.RssBytes, Environment.WorkingSet / 3, Environment.WorkingSet * 3);
        Assert.True(usage.AllocatedBytes > 0);
        Assert.Equal(("proc", "ebpf: no CAP_BPF", "polling", 1L), (usage.Backend, usage.WhyNotBetter, usage.Events, usage.Looks));
    }

    [Fact]
    public void Report_ReadsThatFailed_AreSummedOverLooks()
    {
        for (int i = 0; i < 2; i++)
        {
            _watch.BeginLook();
            _watch.EndLook(new ReadCounts(Vanished: 3, FdTablesDenied: 2, WaitsDenied: 5, Failed: 1));
        }

        Assert.Equal(new AgentReads(Denied: 14, Failed: 2, Vanished: 6, Abandoned: 4), _watch.Report(Collector with { ReadsAbandoned = 4 }).Reads);
    }

    [Fact]
    public void Report_OverBudget_SlowsDownAndSaysSoOnce()
    {
        _watch.Report(Collector);
        Burn();
        _time.Now += 10;
        AgentUsage usage = _watch.Report(Collector);

        Assert.Equal((2000, 1000), (usage.IntervalMs, usage.ConfiguredIntervalMs));
        Assert.Equal(2, _watch.Interval.TotalSeconds);
        string line = Assert.Single(_log.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("orphan-agent: used ", line, StringComparison.Ordinal);
        Assert.EndsWith("over its budget of 0.01 %: looks every 2 s now", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Cpu_HelperThatRuns_CountsAsOwn()
    {
        using Process child = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; read x"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        child.StandardOutput.ReadLine();

        TimeSpan without = OwnCost.Cpu([]), with = OwnCost.Cpu([child.Id]);
        TimeSpan own = with - without;
        child.StandardInput.Close();
        child.WaitForExit();

        Assert.InRange(own.TotalMilliseconds, 10, 60_000);
        Assert.True(OwnCost.Cpu([child.Id]) >= without + TimeSpan.FromMilliseconds(10), "one that has ended and was waited for stays counted");
    }

    public void Dispose() => _watch.Dispose();

    /// <summary>CPU that this thread used.</summary>
    private static TimeSpan Burn()
    {
        TimeSpan start = OwnCost.ThreadCpu;
        while (OwnCost.ThreadCpu - start < TimeSpan.FromMilliseconds(20))
        {
        }
        return OwnCost.ThreadCpu - start;
    }

    /// <summary>A clock that stands still until it is moved.</summary>
    private sealed class Seconds : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Now;
    }
}
