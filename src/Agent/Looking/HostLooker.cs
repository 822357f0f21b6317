using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Looks at all processes of a host, again and again. Not for use by two threads at once.</summary>
public sealed class HostLooker : IDisposable
{
    private readonly TimeProvider _time;
    private readonly DirectoryHandle _proc;
    private readonly CommandLines _commandLines;
    private readonly ProcessReader _processes;
    private readonly NamespaceReader _namespaces;
    private readonly JobCookieReader _jobCookies = new();
    private readonly MountDevices _mounts;
    private readonly SocketReader _sockets;
    private readonly HostTables _tables;
    private readonly int _observerPid;
    private readonly List<int> _pids = [];

    /// <param name="procPath">Where proc(5) is mounted.</param>
    /// <exception cref="LinuxException">There is no readable /proc.</exception>
    public HostLooker(TimeProvider time, CommandLineRedaction redaction, string procPath = "/proc")
    {
        _time = time;
        _proc = DirectoryHandle.Open(procPath);
        var buffer = new ReadBuffer();
        Host = ReadIdentity(buffer, procPath);
        // The number that this /proc has for us, which need not be that of our own pid namespace.
        _observerPid = _proc.ReadLink("self"u8, buffer, out ReadOnlySpan<byte> self) == Sight.Seen && int.TryParse(self, out int pid) ? pid : Environment.ProcessId;
        _commandLines = new CommandLines(buffer, redaction);
        var threads = new ThreadReader(buffer, new CallMemoryReader(), Host.Architecture);
        _namespaces = new NamespaceReader(buffer);
        _mounts = new MountDevices(_namespaces);
        _sockets = new SocketReader(_proc, _namespaces);
        _tables = new HostTables(_proc, _namespaces, _sockets);
        _processes = new ProcessReader(
            _proc, buffer, threads, new FdTableReader(buffer, _mounts), _commandLines, _namespaces, _jobCookies, new FreezerReader(_proc, buffer), Host.Architecture);
    }

    public HostIdentity Host { get; }

    /// <summary>One look.</summary>
    /// <param name="suspects">Pids whose costly facts are read as well: fdinfo, timers, when each thread last ran.</param>
    /// <param name="tables">Whether sockets, locks and System V objects of the host are read even if nobody is suspect.</param>
    public Snapshot Look(IReadOnlySet<int> suspects, bool tables = false)
    {
        DateTimeOffset takenAt = _time.GetUtcNow();
        long start = _time.GetTimestamp();
        TimeSpan uptime = Machine.SinceBoot;
        var tally = new LookTally();
        _commandLines.BeginLook();
        _namespaces.BeginLook();
        _jobCookies.BeginLook();
        _mounts.BeginLook();
        _pids.Clear();
        if (_proc.ListNumbers(_pids) != Sight.Seen)
            tally.Failed++;
        ImmutableArray<ProcessRecord>.Builder processes = ImmutableArray.CreateBuilder<ProcessRecord>(_pids.Count);
        foreach (int pid in _pids)
        {
            if (_processes.Read(pid, suspects.Contains(pid), tally) is { } process)
                processes.Add(process);
        }
        Sharers.Mark(processes, suspects);
        OpenDescriptions.Mark(processes, suspects);
        var look = new Snapshot
        {
            Host = Host,
            TakenAt = takenAt,
            Uptime = uptime,
            Duration = default,
            ObserverPid = _observerPid,
            Processes = processes.ToImmutable(),
            Reads = tally.Counts,
            UnixListeners = _sockets.UnixListeners(),
        };
        if (tables || suspects.Count > 0)
            look = _tables.AddTo(look);
        return look with { Duration = _time.GetElapsedTime(start) };
    }

    public void Dispose() => _proc.Dispose();

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
