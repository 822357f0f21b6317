using System.Globalization;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Watching;

/// <summary>
/// Measures what the agent costs and keeps it to its budget: over it the agent looks less often and says so, in one line. Each look is put between
/// <see cref="BeginLook"/> and <see cref="EndLook"/>, on one thread; <see cref="Report"/> ends the tick.
/// </summary>
public sealed class SelfWatch : IDisposable
{
    private readonly LookPace _pace;
    private readonly TimeProvider _time;
    private readonly TextWriter _log;
    private readonly long _start;
    private readonly DirectoryHandle _proc = DirectoryHandle.Open("/proc");
    private readonly ReadBuffer _buffer = new();
    private TimeSpan _lookBegan;
    private TimeSpan _lookCpu;
    private long _denied, _failed, _vanished;

    /// <param name="interval">Time between two looks that was asked for.</param>
    /// <param name="cpuBudget">CPU, as a fraction of one core.</param>
    /// <exception cref="LinuxException">There is no readable /proc.</exception>
    public SelfWatch(TimeSpan interval, double cpuBudget, TimeProvider time, TextWriter log)
    {
        _pace = new LookPace(interval, cpuBudget);
        _time = time;
        _log = log;
        _start = time.GetTimestamp();
    }

    /// <summary>Time between two looks, now.</summary>
    public TimeSpan Interval => _pace.Interval;

    public void BeginLook()
    {
        _pace.Begin(_time.GetElapsedTime(_start));
        _lookBegan = OwnCost.ThreadCpu;
    }

    public void EndLook(ReadCounts reads)
    {
        _lookCpu = OwnCost.ThreadCpu - _lookBegan;
        _denied += reads.FdTablesDenied + reads.WaitsDenied;
        _failed += reads.Failed;
        _vanished += reads.Vanished;
    }

    /// <summary>Once per look, at the end of all that it costs: decides on the next interval, and says what is to be told of the agent.</summary>
    public AgentUsage Report(CollectorState collector)
    {
        TimeSpan cpu = OwnCost.Cpu(collector.Helpers.AsSpan()), before = Interval;
        if (_pace.Observe(_time.GetElapsedTime(_start), cpu))
            Say(before);
        return Usage(collector, cpu);
    }

    /// <summary>What is to be told of the agent before its first look.</summary>
    public AgentUsage Begin(CollectorState collector) => Usage(collector, OwnCost.Cpu([]));

    public void Dispose() => _proc.Dispose();

    private AgentUsage Usage(CollectorState collector, TimeSpan cpu) => new()
    {
        Backend = collector.Backend,
        WhyNotBetter = collector.WhyNotBetter,
        IntervalMs = (int)Interval.TotalMilliseconds,
        ConfiguredIntervalMs = (int)_pace.Configured.TotalMilliseconds,
        CpuBudget = _pace.Budget,
        CpuFraction = Math.Round(_pace.Fraction, 5),
        CpuSeconds = Math.Round(cpu.TotalSeconds, 3),
        LookCpuMs = Math.Round(_lookCpu.TotalMilliseconds, 3),
        RssBytes = ResidentBytes(),
        AllocatedBytes = GC.GetTotalAllocatedBytes(),
        Looks = _pace.Looks,
        LooksMissed = _pace.Missed,
        Reads = new AgentReads(_denied, _failed, _vanished, collector.ReadsAbandoned),
        SelfChecked = collector.SelfChecked,
        SelfCheckMismatches = collector.SelfCheckMismatches,
        Events = collector.Events,
        EventOverflows = collector.EventOverflows,
        LeftBehind = collector.LeftBehind,
    };

    /// <summary>0: not readable.</summary>
    private long ResidentBytes() =>
        _proc.Read("self/statm"u8, _buffer, out ReadOnlySpan<byte> text) == Sight.Seen && StatmFile.TryParseResident(text, out long pages)
            ? pages * Environment.SystemPageSize
            : 0;

    private void Say(TimeSpan before)
    {
        string used = string.Create(CultureInfo.InvariantCulture, $"used {_pace.Fraction * 100:0.##} % of a core");
        string every = string.Create(CultureInfo.InvariantCulture, $"looks every {Interval.TotalSeconds:0.###} s");
        _log.WriteLine(Interval > before
            ? string.Create(CultureInfo.InvariantCulture, $"orphan-agent: {used}, over its budget of {_pace.Budget * 100:0.##} %: {every} now")
            : $"orphan-agent: {used}: {every} again");
    }
}
