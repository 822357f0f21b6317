using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using OrphanBoard.Agent.Bpf;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Looks at all processes of a host, again and again. A process none of whose threads has run since it was read cannot have changed its own fd table
/// and waits where it waited: its record is the same object in the next snapshot. Not for use by two threads at once.
/// </summary>
/// <remarks>What may change though no thread runs (its parent leaves, somebody traces it or moves it to another cgroup) is found when the parent leaves, of suspects at each look, and else by self-check.</remarks>
public sealed class HostLooker : IDisposable
{
    /// <summary>Processes whose risky reads are made together: what they answer is kept until then.</summary>
    private const int Batch = 64;

    private readonly TimeProvider _time;
    private readonly DirectoryHandle _proc;
    private readonly ReadBuffer _buffer = new();
    private readonly ThreadReader _threads;
    private readonly FdTableReader _fds;
    private readonly ProcessReader _reader;
    private readonly ProcessTable _table;
    private readonly Population _population;
    private readonly Backend _backend;
    private readonly int _observerPid;
    private readonly bool _othersUnlisted, _outsideUnlisted;
    private readonly RiskyReads _risky;
    private readonly RiskyParts _parts;
    private readonly MountDevices _mounts;
    private readonly HostTables _hostTables;
    private readonly SharedMemories _sharedMemories;
    private readonly ProcEvents? _events;
    private readonly ListenerWatch _listeners;
    private readonly ReadingBudget _budget;

    private readonly ArrayTurns<ProcessRecord> _arrays = new();

    private readonly HashSet<int> _left = [];
    private long _look;

    /// <exception cref="LinuxException">There is no readable /proc.</exception>
    /// <exception cref="InvalidDataException">The back end that was asked for cannot be used here; says why.</exception>
    public HostLooker(TimeProvider time, CommandLineRedaction redaction, LookerOptions? options = null)
    {
        options ??= new LookerOptions();
        _time = time;
        _proc = DirectoryHandle.Open(options.ProcPath);
        Host = HostFiles.ReadIdentity(_proc, _buffer, options.ProcPath, time);
        // The number that this /proc has for us, which need not be that of our own pid namespace.
        _observerPid = _proc.ReadLink("self"u8, _buffer, out ReadOnlySpan<byte> self) == Sight.Seen && int.TryParse(self, out int pid) ? pid : Environment.ProcessId;
        // Elsewhere the kernel would tell of other processes than those that are listed.
        bool isHost = options.ProcPath == LookerOptions.HostProc;
        _othersUnlisted = isHost && HostFiles.HidesOthers(_proc, _buffer);
        _outsideUnlisted = isHost && !HostFiles.IsFirstPidNamespace(_proc, _buffer);
        var texts = new TextPool();
        var files = new FileBudget(_observerPid);
        _table = new ProcessTable(files);
        _risky = new RiskyReads(time, options.ProcPath, options.RiskyReads);
        _threads = new ThreadReader(_buffer, texts, files, Host.Architecture);
        var namespaces = new NamespaceReader(_buffer);
        _mounts = new MountDevices(namespaces);
        _fds = new FdTableReader(_buffer, texts, _mounts, _risky);
        _parts = new RiskyParts(_risky, new CallMemoryReader(_risky, _proc, _buffer), new CommandLines(_risky, redaction), new JobCookieReader(_risky), _threads, _fds);
        var freezer = new FreezerReader(_proc, _buffer);
        _reader = new ProcessReader(
            _proc, _buffer, _threads, _fds, _parts, new ExecGuard(_buffer, _risky), namespaces, freezer, texts, Host.Architecture);
        var sockets = new SocketReader(_proc, namespaces);
        _hostTables = new HostTables(_proc, namespaces, sockets);
        _sharedMemories = new SharedMemories(_risky, _threads, new ShmNames(isHost ? _proc : null, _buffer));
        _population = new Population(_proc, own: isHost && !_othersUnlisted && _observerPid == Environment.ProcessId);
        (_backend, Backend) = BackendProbe.Choose(options.Backend ?? (isHost ? null : BackendKind.Proc), kind => kind switch
        {
            BackendKind.Ebpf => OpenEbpf(_reader, texts, namespaces, freezer),
            BackendKind.Taskstats => (TaskstatsBackend.TryOpen(_proc, _reader, _observerPid, _population, out string? why), why),
            _ => (new ProcBackend(_proc, _reader, _threads, files, _population), null),
        });
        string? noEvents = "another /proc than this host's is read";
        _events = isHost && !_backend.TellsBirths ? ProcEvents.TryOpen(_proc, _buffer, out noEvents) : null;
        Events = _backend.TellsBirths ? new EventsChoice(EventsChoice.Ebpf, null)
            : _events is null ? new EventsChoice(EventsChoice.Polling, noEvents) : new EventsChoice(EventsChoice.Connector, null);
        _listeners = new ListenerWatch(sockets);
        _budget = new ReadingBudget(time, options.Budget);
        Origin = options.Origin;
    }

    private (Backend?, string?) OpenEbpf(ProcessReader reader, TextPool texts, NamespaceReader namespaces, FreezerReader freezer)
    {
        List<int> listed = [];
        _proc.ListNumbers(listed);
        if (BpfSweep.TryOpen(out string? why, SweepRooms.For(listed.Count)) is not { } sweep)
            return (null, why);
        int ticks = Host.ClockTicksPerSecond;
        var links = new KnownLinks();
        var rows = new RowReader(
            _proc, _buffer, new ThreadRows(new WaitChannels(_buffer), _threads, texts), new FdRows(_fds, _threads, links), links,
            new SuspectRows(_proc, _buffer, _threads, freezer, _parts, namespaces, Host.Architecture), _parts, new ExecGuard(_buffer, _risky), namespaces, texts, ticks);
        return (new EbpfBackend(sweep, _proc, rows, reader, texts, ticks), null);
    }

    public HostIdentity Host { get; }

    /// <summary>The back end that is in use, and why no better one is.</summary>
    public BackendChoice Backend { get; }

    /// <summary>How forks, execs and exits are heard of, and why not better.</summary>
    public EventsChoice Events { get; }

    /// <summary>Times that events were lost, for too many waited.</summary>
    public long EventOverflows => _events?.Overflows ?? _backend.EventOverflows;

    /// <summary>How often a process that had not run was read all the same, and how often that showed something new.</summary>
    public SelfCheckCounts SelfCheck { get; private set; }

    /// <summary>See <see cref="LookerOptions.Origin"/>; a look of <see cref="LookDepth.Full"/> reads it of all.</summary>
    internal bool Origin { get; set; }

    /// <summary>How reads that may block are made.</summary>
    internal RiskyReads RiskyReads => _risky;

    /// <summary>What the last look tried to read and could not; <see cref="Snapshot.Reads"/> counts also what stands since earlier looks.</summary>
    public ReadCounts ReadsOfThisLook => _ofLook.Counts;

    /// <summary>Processes that the last look knew to have run and left out, to spare the host.</summary>
    public int LeftBehind => _budget.LeftBehind;

    /// <summary>One look. Its <see cref="Snapshot.Processes"/> and <see cref="Snapshot.Sockets"/> are valid until two more have been taken.</summary>
    /// <param name="suspects">Pids whose costly facts are read as well: fdinfo, timers, when each thread last ran. They are read at each look.</param>
    /// <param name="tables">Whether sockets, locks and System V objects of the host are read even if nobody is suspect.</param>
    public Snapshot Look(IReadOnlySet<int> suspects, LookDepth depth = LookDepth.Incremental, bool tables = false)
    {
        DateTimeOffset takenAt = _time.GetUtcNow();
        long start = _time.GetTimestamp();
        TimeSpan uptime = Machine.SinceBoot;
        var tally = new LookTally();
        _ofLook.Clear();
        _mounts.BeginLook();
        _threads.BeginLook(_proc);
        var slice = SelfCheckSlice.Of(++_look, _table.Processes.Count);
        ImmutableArray<Birth> births = _events?.Take(_table, uptime - Machine.SinceBootAwake) ?? [];
        _backend.Sweep(_table, new Sweeping(depth, suspects, slice), tally);
        _budget.BeginLook(suspects.Count > 0 || depth == LookDepth.Full);
        _left.Clear();
        _left.UnionWith(_table.Left);
        int count = 0;
        foreach (TrackedProcess process in _table.Processes)
        {
            if (!process.IsKernelThread)
                Refresh(process, suspects, depth, slice);
            if (process.Record is not null)
                count++;
            if (_parts.Count == Batch)
                _parts.Finish(Tell);
        }
        _parts.Finish(Tell);
        if (_left.Count > 0)
            TellNewParents();
        ProcessRecord[] processes = Collect(count, tally);
        Sharers.Mark(processes, suspects, _risky, _reader, _backend.NamesTables ? _table : null);
        OpenDescriptions.Mark(processes, suspects, _backend.NamesTables);
        _risky.Clear();
        ImmutableArray<SharedObject>? shared = _sharedMemories.Mark(processes, suspects);
        var look = new Snapshot
        {
            Host = Host,
            TakenAt = takenAt,
            Uptime = uptime,
            Duration = _time.GetElapsedTime(start),
            ObserverPid = _observerPid,
            OthersUnlisted = _othersUnlisted,
            OutsideUnlisted = _outsideUnlisted,
            Processes = ImmutableCollectionsMarshal.AsImmutableArray(processes),
            Reads = tally.Counts,
            UnixListeners = _listeners.At(_look, wanted: suspects.Count > 0),
            SharedObjects = shared,
            Births = _backend.TellsBirths ? _backend.Births : births,
        };
        if (!tables && suspects.Count == 0)
            return look;
        look = _hostTables.AddTo(look);
        CallTimeouts.MarkUnsent(processes, suspects, look.Sockets ?? []);
        return look with { Duration = _time.GetElapsedTime(start) };
    }

    /// <summary>comm of the kernel thread with this pid, which no look shows; null: it is none.</summary>
    internal string? KernelThread(int pid) =>
        _proc.ReadAt($"{pid}/stat", _buffer, out ReadOnlySpan<byte> text) == Sight.Seen && StatFile.TryParse(text, out StatFile stat) && stat.IsKernelThread
            ? Encoding.UTF8.GetString(stat.Comm)
            : null;

    public void Dispose()
    {
        _table.Clear();
        _risky.Dispose();
        _backend.Dispose();
        _events?.Dispose();
        _population.Dispose();
        _threads.Dispose();
        _fds.Dispose();
        _proc.Dispose();
    }

    private static readonly Action<TrackedProcess, ProcessRecord> Tell = (process, record) => process.Record = record;

    private readonly LookTally _ofProcess = new(), _ofLook = new();

    private void Refresh(TrackedProcess process, IReadOnlySet<int> suspects, LookDepth depth, SelfCheckSlice slice)
    {
        bool suspect = suspects.Count > 0 && suspects.Contains(process.Pid);
        if (process.DifferedAtCheck && !process.Ran)
            SelfCheck = SelfCheck.WithOneMismatch; // nor has it run while it was checked
        process.DifferedAtCheck = false;
        bool due = slice.Has(process.Pid);
        bool everything = depth == LookDepth.Full || due;
        // Who could not be read without waiting is asked again: RiskyReads says when that is worth while.
        bool blocked = process.Record is { MemoryBlocked: true };
        if (!(process.Ran || suspect || process.WasSuspect || everything || blocked))
            return;
        if (_budget.LeavesOut(process, _look))
        {
            if (process.Record is { Behind: false } old)
                process.Record = old with { Behind = true };
            return;
        }
        ProcessRecord? before = process.Record;
        _ofProcess.Clear();
        ProcessRecord? record = _backend.Read(process, new ReadPlan(before, suspect, everything, due, !process.Ran, Origin, Maps: _backend.Kind != BackendKind.Ebpf), _ofProcess);
        if (due && !process.Ran && !suspect && !process.WasSuspect && before is not null && record is not null)
        {
            SelfCheck = SelfCheck.WithOneChecked;
            process.DifferedAtCheck = !SelfCheckCounts.AreSame(before, record);
        }
        if (record is { IsZombie: true } && before is { IsZombie: false })
            _left.Add(process.Pid); // exited: its children have another parent from that moment
        process.HotLooks = ReadingBudget.HotLooksAfter(process, before, record);
        process.Record = record;
        process.ReadAt = _look;
        process.WasSuspect = suspect;
        process.MayHaveMoved = record is not null && IsRunning(record);
        process.Reads = _ofProcess.Counts;
        _ofLook.Add(process.Reads);
    }

    private static bool IsRunning(ProcessRecord record)
    {
        foreach (ThreadRecord thread in record.Threads)
        {
            if (thread.State == 'R' || thread.Call.Status == BlockedCallStatus.Running)
                return true;
        }
        return false;
    }

    /// <summary>A process whose parent has left has another one, though it did not run itself.</summary>
    private void TellNewParents()
    {
        foreach (TrackedProcess process in _table.Processes)
        {
            if (process.Record is { MemoryBlocked: false } record && _left.Contains(record.Ppid) && _backend.WithNewParent(record) is { } told)
                process.Record = told;
        }
    }

    private ProcessRecord[] Collect(int count, LookTally tally)
    {
        ProcessRecord[] array = _arrays.Take(count);
        int next = 0;
        foreach (TrackedProcess process in _table.Processes)
        {
            tally.Add(process.Reads);
            if (process.Record is not { } record)
                continue;
            array[next++] = record;
            if (record.MemoryBlocked)
                tally.Abandoned++;
        }
        return array;
    }
}
