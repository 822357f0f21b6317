using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests;

/// <summary>A host in a few lines: each test says only what it is about. Everybody is asleep on a futex of its own unless told otherwise.</summary>
internal sealed class Scene
{
    private readonly SortedDictionary<int, Actor> _actors = [];

    public static HostIdentity Host { get; } = new("h-test", "testhost", "11111111-2222-3333-4444-555555555555", "6.18.0", "x86_64", 100, DateTimeOffset.UnixEpoch);

    public Scene()
    {
        // Init sleeps in epoll on sockets, as inits do.
        Process(1, "init", parent: 0).Thread(1, 232, "do_epoll_wait", 99, 0, 64, ulong.MaxValue);
    }

    public Actor Process(int pid, string comm, int parent = 1)
    {
        var actor = new Actor(pid, comm, parent);
        _actors[pid] = actor;
        return actor;
    }

    public Actor this[int pid] => _actors[pid];

    /// <summary>The tables of sockets, which looks with suspects have. Null: not asked.</summary>
    public List<SocketRecord>? Sockets { get; set; }

    /// <summary>/proc/locks, which looks with suspects have. Null: not asked.</summary>
    public List<FileLock>? Locks { get; set; }

    /// <summary>Two unix sockets that are each other's peers, as socketpair(2) makes them; with a name the second one was accepted by a listener.</summary>
    public Scene Pair(ulong one, ulong other, string? name = null)
    {
        (Sockets ??= []).AddRange([Connected(one, other), Connected(other, one) with { Name = name }]);
        return this;
    }

    public static SocketRecord Connected(ulong inode, ulong? peer) =>
        new(inode, SocketFamily.Unix, SocketType.Stream, SocketState.Established) { Peer = peer, ReceiveQueue = 0, SendQueue = 0, Shutdown = 0 };

    public Snapshot Look(int seconds = 1000) => new()
    {
        Host = Host,
        TakenAt = DateTimeOffset.UnixEpoch.AddSeconds(seconds),
        Uptime = TimeSpan.FromSeconds(seconds),
        Duration = TimeSpan.FromMilliseconds(10),
        ObserverPid = 0,
        Processes = [.. _actors.Values.Select(actor => actor.Record())],
        Reads = new ReadCounts(0, _actors.Values.Count(actor => actor.IsHidden), 0, 0),
        FileLocks = Locks is null ? null : [.. Locks],
        Sockets = Sockets is null ? null : [.. Sockets.OrderBy(socket => socket.Inode)],
    };

    /// <summary>Two looks at the same still scene.</summary>
    public DiagnosisResult Diagnose(DiagnosisOptions? options = null)
    {
        Snapshot first = Look(1000), last = Look(1001);
        return Checked(Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), options ?? new DiagnosisOptions()));
    }

    /// <summary>What holds of all findings, of whatever made-up host: one that is only suspected says why.</summary>
    public static DiagnosisResult Checked(DiagnosisResult result)
    {
        Assert.DoesNotContain(result.Findings, finding => finding.Confidence == Confidence.Suspected && finding.NotProvenBecause.IsEmpty);
        return result;
    }
}

/// <summary>A process of a <see cref="Scene"/>.</summary>
internal sealed class Actor(int pid, string comm, int parent)
{
    private readonly List<ThreadRecord> _threads = [];
    private readonly SortedDictionary<int, FileDescriptor> _fds = [];
    private ulong _runs = 1;

    public bool IsHidden { get; private set; }
    public ulong Caught { get; set; }
    public ulong Ignored { get; set; }
    public ImmutableArray<string>? Cmdline { get; set; }
    public int Session { get; set; } = 50;
    public int Pgrp { get; set; } = 50;
    public char State { get; set; } = 'S';
    public bool? Timers { get; set; } = false;

    /// <summary>Whether an alarm is pending; null: not known, as through /proc.</summary>
    public bool? Alarm { get; set; }
    public int Tracer { get; set; }
    public ImmutableArray<int> SharesMemoryWith { get; set; } = [];
    public int? NsPid { get; set; }
    public ulong StartTimeTicks { get; set; } = (ulong)pid;
    /// <summary>What the record has beyond the rest.</summary>
    public Func<ProcessRecord, ProcessRecord> With { get; set; } = record => record;
    public TimeSpan LastRan { get; set; } = TimeSpan.FromSeconds(900);

    public Actor Thread(int tid, long call, string? wchan, params ulong[] args) => Thread(tid, call, wchan, null, args);

    public Actor Thread(int tid, long call, string? wchan, CallMemory? memory, ulong[] args, char state = 'S')
    {
        _threads.Add(new ThreadRecord
        {
            Tid = tid,
            Comm = comm,
            State = state,
            Counters = new RunCounters(1000, 1),
            Wchan = wchan,
            Call = new BlockedCall(BlockedCallStatus.InCall, call, [.. args, .. new ulong[6 - args.Length]]),
            Memory = memory,
            LastRan = LastRan,
            SignalsPending = 0,
        });
        return this;
    }

    public int NextTid => pid + _threads.Count;

    public Actor Reads(int fd) => Thread(NextTid, 0, "anon_pipe_read", (ulong)fd, 0x1000, 4096);

    public Actor ReadsAByte(int fd) => Thread(NextTid, 0, "anon_pipe_read", (ulong)fd, 0x1000, 1);

    public Actor ReadsEventFd(int fd) => Thread(NextTid, 0, "do_wait_intr_irq", (ulong)fd, 0x1000, 8);

    /// <summary>write(2) to one that is full.</summary>
    public Actor AddsToEventFd(int fd) => Thread(NextTid, 1, "do_wait_intr_irq", (ulong)fd, 0x1000, 8);

    /// <summary>In vfork(2), state D, until the child has exec'd.</summary>
    public Actor WaitsForVfork() => Thread(NextTid, 58, "kernel_clone", null, [0], 'D');

    public Actor Writes(int fd) => Thread(NextTid, 1, "anon_pipe_write", (ulong)fd, 0x1000, 4096);

    /// <summary>recv(2) on a unix stream socket.</summary>
    public Actor Receives(int fd) => Thread(NextTid, 45, "unix_stream_read_generic", (ulong)fd, 0x1000, 4096);

    /// <summary>epoll_wait(2) without a timeout on an epoll with these members, each wanting EPOLLIN unless told otherwise.</summary>
    public Actor WaitsInEpoll(int epoll, params EpollMember[] members) => WaitsInEpollFor(ulong.MaxValue, epoll, members);

    /// <param name="limit">Milliseconds.</param>
    public Actor WaitsInEpollFor(ulong limit, int epoll, params EpollMember[] members)
    {
        Has(epoll, "anon_inode:[eventpoll]", FdAccess.ReadWrite);
        _fds[epoll] = _fds[epoll] with { EpollMembers = [.. members] };
        return Thread(NextTid, 232, "do_epoll_wait", (ulong)epoll, 0x1000, 64, limit);
    }

    /// <summary>A socket whose own timeouts were asked for, and are not set unless told otherwise.</summary>
    public Actor Socket(int fd, ulong inode, TimeSpan receive = default, TimeSpan send = default)
    {
        Has(fd, $"socket:[{inode}]", FdAccess.ReadWrite);
        _fds[fd] = _fds[fd] with { Timeouts = new SocketTimeouts(receive, send) };
        return this;
    }

    /// <summary>What was read of an fd beyond the rest.</summary>
    public Actor Fd(int fd, Func<FileDescriptor, FileDescriptor> with)
    {
        _fds[fd] = with(_fds[fd]);
        return this;
    }

    public Actor WaitsFor(int child) => Thread(NextTid, 61, "do_wait", unchecked((ulong)child), 0, 0);

    public Actor WaitsOnFutex() => Thread(NextTid, 202, "futex_do_wait", 0x7000, 0x80 | 9, 0, 0);

    public Actor Sleeps() => Thread(NextTid, 230, "hrtimer_nanosleep", 1, 0, 0x2000);

    public Actor WaitsForSignal() => Thread(NextTid, 34, "__do_sys_pause");

    public Actor Polls(params int[] fds) =>
        Thread(NextTid, 7, "poll_schedule_timeout.constprop.0", new CallMemory { PollSet = [.. fds.Select(fd => new PollMember(fd, 1))] }, [0x3000, (ulong)fds.Length, ulong.MaxValue]);

    /// <summary>Ruby, at the eventfd by which it tells its main thread of what that waits for: fd 3, ppoll(2) without a timeout or a mask.</summary>
    public Actor WaitsAtBell() =>
        Thread(NextTid, 271, "poll_schedule_timeout.constprop.0", new CallMemory { PollSet = [new PollMember(3, 1)] }, [0x3000, 1, 0, 0, 8]);

    public Actor Runs()
    {
        _threads.Add(new ThreadRecord { Tid = NextTid, Comm = comm, State = 'R', Counters = new RunCounters(1, 1), Call = BlockedCall.Running });
        return this;
    }

    /// <param name="links">Names that a file with <c>(deleted)</c> behind its path has left.</param>
    public Actor Has(int fd, string target, FdAccess access, bool closeOnExec = false, uint? links = 0)
    {
        _fds[fd] = new FileDescriptor(fd, access, FdTarget.Parse(target)) { CloseOnExec = closeOnExec };
        if (_fds[fd].Target.IsDeleted)
            _fds[fd] = _fds[fd] with { Links = links };
        return this;
    }

    /// <summary>A file, with what fdinfo shows of it.</summary>
    public Actor Opens(int fd, string path, ulong inode, ulong description, params FileLock[] locks)
    {
        _fds[fd] = new FileDescriptor(fd, FdAccess.ReadWrite, FdTarget.Parse(path)) { CloseOnExec = true, Inode = inode, Device = 0xfe00000, Description = description, Locks = [.. locks] };
        return this;
    }

    public Actor WaitsForLock(int fd) => Thread(NextTid, 73, "locks_lock_inode_wait", (ulong)fd, 2);

    public Actor ReadEnd(int pipe, params int[] fds) => End(pipe, FdAccess.Read, fds);

    public Actor WriteEnd(int pipe, params int[] fds) => End(pipe, FdAccess.Write, fds);

    /// <param name="id">eventfd-id of its fdinfo; 0: not known.</param>
    /// <param name="fds">Where it is open.</param>
    public Actor EventFd(ulong id, params int[] fds)
    {
        foreach (int fd in fds)
            _fds[fd] = new FileDescriptor(fd, FdAccess.ReadWrite, new FdTarget(FdKind.EventFd, id, "anon_inode:[eventfd]")) { CloseOnExec = false };
        return this;
    }

    /// <summary>What the kernel knows of the pipe at this fd, and which open file description it is.</summary>
    public Actor Sees(int fd, PipeState pipe, ulong description)
    {
        _fds[fd] = _fds[fd] with { Pipe = pipe, Description = description };
        return this;
    }

    private Actor End(int pipe, FdAccess access, int[] fds)
    {
        foreach (int fd in fds)
            Has(fd, $"pipe:[{pipe}]", access);
        return this;
    }

    public Actor Hidden()
    {
        IsHidden = true;
        return this;
    }

    /// <summary>From the next look on it has run once more.</summary>
    public void Ran() => _runs++;

    public ProcessRecord Record() => With(new ProcessRecord
    {
        Pid = pid,
        StartTimeTicks = StartTimeTicks,
        Ppid = parent,
        Pgrp = Pgrp,
        Session = Session,
        Comm = comm,
        State = State,
        Uid = 1000,
        NsPid = NsPid ?? pid,
        TracerPid = Tracer,
        SharesMemoryWith = SharesMemoryWith,
        SignalsCaught = Caught,
        SignalsIgnored = Ignored,
        Cmdline = Cmdline ?? [$"/usr/bin/{comm}"],
        Threads = State == 'Z' ? [] : [.. (_threads.Count > 0 ? _threads : new Actor(pid, comm, parent).WaitsOnFutex()._threads).Select(thread => thread with { Counters = new RunCounters(1000, _runs) })],
        Fds = IsHidden ? [] : [.. _fds.Values],
        FdSight = IsHidden ? Sight.Denied : Sight.Seen,
        HasPosixTimers = Timers,
        HasAlarm = Alarm,
        HasParentDeathSignal = false,
        HasIoUring = false,
        HasAio = false,
    });
}
