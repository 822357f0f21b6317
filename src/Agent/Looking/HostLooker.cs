using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Looks at all processes of a host, again and again. Not for use by two threads at once.</summary>
public sealed class HostLooker : IDisposable
{
    /// <summary>Processes whose risky reads are made together. Each keeps its directory open meanwhile.</summary>
    private const int Batch = 64;

    private readonly TimeProvider _time;
    private readonly DirectoryHandle _proc;
    private readonly ReadBuffer _buffer = new();
    private readonly CommandLines _commandLines;
    private readonly ProcessReader _processes;
    private readonly int _observerPid;
    private readonly List<int> _pids = [];
    private readonly List<PendingProcess> _pending = new(Batch);
    private readonly RiskyReads _risky;
    private ImmutableArray<ProcessRecord> _before = [];

    /// <param name="procPath">Where proc(5) is mounted.</param>
    /// <exception cref="LinuxException">There is no readable /proc.</exception>
    public HostLooker(TimeProvider time, CommandLineRedaction redaction, string procPath = "/proc")
        : this(time, redaction, procPath, null)
    {
    }

    internal HostLooker(TimeProvider time, CommandLineRedaction redaction, string procPath, RiskyReadOptions? riskyReads)
    {
        _time = time;
        _proc = DirectoryHandle.Open(procPath);
        var buffer = _buffer;
        Host = ReadIdentity(buffer, procPath);
        // The number that this /proc has for us, which need not be that of our own pid namespace.
        _observerPid = _proc.ReadLink("self"u8, buffer, out ReadOnlySpan<byte> self) == Sight.Seen && int.TryParse(self, out int pid) ? pid : Environment.ProcessId;
        _risky = new RiskyReads(time, procPath, riskyReads);
        _commandLines = new CommandLines(_risky, redaction);
        var threads = new ThreadReader(buffer, new CallMemoryReader(_risky), Host.Architecture);
        _processes = new ProcessReader(_proc, buffer, threads, new FdTableReader(buffer, _risky), _commandLines, _risky);
    }

    public HostIdentity Host { get; }

    /// <summary>How reads that may block are made.</summary>
    internal RiskyReads RiskyReads => _risky;

    /// <summary>One look.</summary>
    /// <param name="suspects">Pids whose costly facts are read as well: fdinfo, timers, when each thread last ran.</param>
    public Snapshot Look(IReadOnlySet<int> suspects)
    {
        DateTimeOffset takenAt = _time.GetUtcNow();
        long start = _time.GetTimestamp();
        TimeSpan uptime = Machine.SinceBoot;
        var tally = new LookTally();
        _commandLines.BeginLook();
        _pids.Clear();
        if (_proc.ListNumbers(_pids) != Sight.Seen)
            tally.Failed++;
        ImmutableArray<ProcessRecord>.Builder processes = ImmutableArray.CreateBuilder<ProcessRecord>(_pids.Count);
        foreach (int pid in _pids)
        {
            if (_processes.Begin(pid, suspects.Contains(pid), Before(pid), tally) is { } pending)
                _pending.Add(pending);
            if (_pending.Count == Batch)
                FinishPending(processes, tally);
        }
        FinishPending(processes, tally);
        SharedMemory.Mark(processes, suspects, _risky);
        _risky.Clear();
        _before = processes.ToImmutable();
        return new Snapshot
        {
            Host = Host,
            TakenAt = takenAt,
            Uptime = uptime,
            Duration = _time.GetElapsedTime(start),
            ObserverPid = _observerPid,
            Processes = _before,
            Reads = tally.Counts,
            UnixListeners = _proc.Read("self/net/unix"u8, _buffer, out ReadOnlySpan<byte> sockets) == Sight.Seen ? NetUnixFile.ParseListeners(sockets) : [],
        };
    }

    public void Dispose()
    {
        _risky.Dispose();
        _proc.Dispose();
    }

    private void FinishPending(ImmutableArray<ProcessRecord>.Builder processes, LookTally tally)
    {
        _risky.Run();
        foreach (PendingProcess pending in _pending)
        {
            if (_processes.Finish(pending, tally) is { } process)
                processes.Add(process);
        }
        _pending.Clear();
        _risky.Clear();
    }

    private ProcessRecord? Before(int pid)
    {
        int low = 0, high = _before.Length - 1;
        while (low <= high)
        {
            int middle = low + (high - low) / 2;
            int found = _before[middle].Pid;
            if (found == pid)
                return _before[middle];
            (low, high) = found < pid ? (middle + 1, high) : (low, middle - 1);
        }
        return null;
    }

    private HostIdentity ReadIdentity(ReadBuffer buffer, string procPath)
    {
        const string BootId = "sys/kernel/random/boot_id";
        if (_proc.Read("sys/kernel/random/boot_id"u8, buffer, out ReadOnlySpan<byte> text) != Sight.Seen || BootIdFile.Parse(text) is not { } bootId)
            throw new InvalidDataException($"{procPath}/{BootId}: not readable, so this boot has no identity");
        (string name, string release, string architecture) = Machine.Uname();
        DateTimeOffset bootTime = _time.GetUtcNow() - Machine.SinceBoot;
        return new HostIdentity(
            HostId(buffer, name),
            name,
            bootId,
            release,
            architecture,
            Machine.ClockTicksPerSecond,
            // To the second: the same boot looks the same at each start of the agent.
            DateTimeOffset.FromUnixTimeSeconds((long)Math.Round(bootTime.ToUnixTimeMilliseconds() / 1000.0)));
    }

    /// <summary>machine-id(5) is not to be shown to others; a hash of it may be.</summary>
    private static string HostId(ReadBuffer buffer, string name)
    {
        ReadOnlySpan<byte> secret = Encoding.UTF8.GetBytes(name);
        using DirectoryHandle etc = DirectoryHandle.Open("/etc");
        if (etc.Read("machine-id"u8, buffer, out ReadOnlySpan<byte> machineId) == Sight.Seen && machineId.Length >= 32)
            secret = machineId;
        return Convert.ToHexStringLower(HMACSHA256.HashData("orphanboard.host"u8, secret))[..32];
    }
}
