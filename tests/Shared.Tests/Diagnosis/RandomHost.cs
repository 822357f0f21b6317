using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>
/// A small host on which things happen by chance: forks, exits, execs, pipes made, passed on and closed, waits of all kinds, sessions, signals,
/// tables that get hidden. Who nothing happened to keeps its record. The same seed gives the same looks.
/// </summary>
internal sealed class RandomHost(int seed)
{
    private const int MaxPid = 24;

    /// <summary>In the milliseconds of poll(2).</summary>
    private const ulong Second = 1000;

    private readonly Random _random = new(seed);
    private readonly SortedDictionary<int, ProcessRecord> _processes = new() { [1] = Idle(1, 0, 1) };
    private readonly List<Birth> _births = [];
    private ulong _nextObject = 7000;
    private double _uptime = 1000;

    /// <summary>Some things happen, then somebody looks.</summary>
    public Snapshot Look()
    {
        _births.Clear();
        _uptime += 1 + _random.Next(8) * _random.NextDouble();
        ComeBack();
        for (int left = _processes.Count < 6 ? 8 : _random.Next(5); left > 0; left--)
            Happen();
        // One may have been missed: it vanished from under the read, and is there again next time.
        int missed = _random.Next(12) == 0 ? Any().Pid : 0;
        return new Snapshot
        {
            Host = Scene.Host,
            TakenAt = DateTimeOffset.UnixEpoch.AddSeconds(_uptime),
            Uptime = TimeSpan.FromSeconds(_uptime),
            Duration = TimeSpan.FromMilliseconds(10),
            ObserverPid = 3,
            Processes = [.. _processes.Values.Where(process => process.Pid != missed)],
            Reads = new ReadCounts(0, _processes.Values.Count(process => process.FdSight == Sight.Denied), 0, 0),
            UnixListeners = [new UnixListener(7003, "/run/some.sock"), new UnixListener(7005, "/tmp/dotnet-diagnostic-5")],
            Births = [.. _births],
            Sockets = Sockets,
        };
    }

    /// <summary>Three pairs, one that listens, one that speaks with a remote party.</summary>
    private static readonly ImmutableArray<SocketRecord> Sockets =
    [
        .. Enumerable.Range(7000, 6).Select(inode => Scene.Connected((ulong)inode, (ulong)inode ^ 1)),
        Scene.Connected(7006, 0) with { State = SocketState.Listening },
        Scene.Connected(7007, null),
    ];

    private void Happen()
    {
        ProcessRecord one = Any();
        switch (_random.Next(27))
        {
            case < 5:
                Fork(one);
                break;
            case < 7 when one.Pid != 1:
                Exit(one, reaped: _random.Next(3) > 0);
                break;
            case < 13:
                Wait(one);
                break;
            case < 16:
                MakePipe(one);
                break;
            case 16 or 17:
                Close(one);
                break;
            case 18 or 19:
                Duplicate(one);
                break;
            case 20:
                Set(one with { Session = one.Pid, Pgrp = one.Pid });
                break;
            case 21:
                Set(one with { SignalsCaught = 1UL << _random.Next(20), SignalsIgnored = _random.Next(6) == 0 ? 1UL << 16 : 0 });
                break;
            case 22:
                Set(one with { Comm = $"exec{_random.Next(5)}", Fds = [.. one.Fds.Where(fd => fd.CloseOnExec != true)] });
                break;
            case 23:
                Rare(one);
                break;
            case 24:
                // The same again, read anew: as of a suspect.
                Set(one with { HasPosixTimers = _random.Next(8) == 0, Fds = [.. one.Fds.Select(fd => fd with { CloseOnExec = fd.CloseOnExec ?? _random.Next(2) == 0 })] });
                break;
            case 25:
                StartReader(one);
                break;
            default:
                Thread(one);
                break;
        }
    }

    private ProcessRecord Any() => _processes.Values.ElementAt(_random.Next(_processes.Count));

    private void Set(ProcessRecord process)
    {
        if (!process.IsZombie)
            _processes[process.Pid] = process;
    }

    private void Fork(ProcessRecord parent)
    {
        int pid = 2 + _random.Next(MaxPid);
        if (_processes.ContainsKey(pid) || parent.IsZombie)
            return;
        _births.Add(new Birth(pid, parent.Pid, parent.Comm, TimeSpan.FromSeconds(_uptime)));
        ProcessRecord child = Idle(pid, parent.Pid, (ulong)(_uptime * 100)) with
        {
            Comm = parent.Comm,
            Cmdline = parent.Cmdline,
            Session = parent.Session,
            Pgrp = _random.Next(3) == 0 ? pid : parent.Pgrp,
            SignalsIgnored = parent.SignalsIgnored,
            Fds = [.. parent.Fds.Where(_ => _random.Next(4) > 0)],
        };
        _processes[pid] = child;
        Wait(child);
        Wait(parent);
    }

    /// <summary>A child that is to read a pipe to its end, and a parent that keeps the write end and waits for that child.</summary>
    private void StartReader(ProcessRecord parent)
    {
        int pid = 2 + _random.Next(MaxPid);
        if (parent.IsZombie || parent.Threads.Length > 1 || _processes.ContainsKey(pid))
            return;
        string pipe = $"pipe:[{_nextObject++}]";
        _births.Add(new Birth(pid, parent.Pid, parent.Comm, TimeSpan.FromSeconds(_uptime)));
        ProcessRecord child = Open(Idle(pid, parent.Pid, (ulong)(_uptime * 100)) with { Session = parent.Session, Pgrp = parent.Pgrp }, 0, FdAccess.Read, pipe, false);
        _processes[pid] = child with { Threads = [Blocked(child.Threads[0], 0, "anon_pipe_read", 0, 0x1000, 4096)] };
        Set(Open(parent, 8, FdAccess.Write, pipe, true) with { State = 'S', Threads = [AfterARun(Blocked(parent.Threads[0], 61, "do_wait", (ulong)pid, 0, 0))] });
    }

    private void Exit(ProcessRecord process, bool reaped)
    {
        _processes.Remove(process.Pid);
        int adopter = _processes.TryGetValue(process.Ppid, out ProcessRecord? parent) && _random.Next(3) == 0 ? parent.Pid : 1;
        foreach (ProcessRecord child in _processes.Values.Where(child => child.Ppid == process.Pid).ToList())
            _processes[child.Pid] = child with { Ppid = adopter };
        if (!reaped && parent is not null)
            _processes[process.Pid] = process with { State = 'Z', Threads = [], Fds = [], FdSight = Sight.Seen, SharesMemoryWith = [] };
    }

    private void MakePipe(ProcessRecord process)
    {
        string pipe = $"pipe:[{_nextObject++}]";
        bool closeOnExec = _random.Next(2) == 0;
        Set(Open(Open(process, _random.Next(9), FdAccess.Read, pipe, closeOnExec), _random.Next(9), FdAccess.Write, pipe, closeOnExec));
        if (_random.Next(4) == 0)
            Set(Open(_processes[process.Pid], 8, FdAccess.ReadWrite, $"socket:[{7000 + _random.Next(8)}]", false));
    }

    private static ProcessRecord Open(ProcessRecord process, int fd, FdAccess access, string target, bool? closeOnExec) => process with
    {
        Fds = [.. process.Fds.Where(other => other.Number != fd).Append(new FileDescriptor(fd, access, FdTarget.Parse(target)) { CloseOnExec = closeOnExec, Links = target.EndsWith(" (deleted)", StringComparison.Ordinal) ? 0u : null }).OrderBy(other => other.Number)],
    };

    private void Close(ProcessRecord process)
    {
        if (!process.Fds.IsEmpty)
            Set(process with { Fds = process.Fds.RemoveAt(_random.Next(process.Fds.Length)) });
    }

    private void Duplicate(ProcessRecord process)
    {
        if (process.Fds.IsEmpty)
            return;
        FileDescriptor one = process.Fds[_random.Next(process.Fds.Length)];
        Set(Open(process, _random.Next(9), one.Access, one.Target.Text, one.CloseOnExec));
    }

    private void Rare(ProcessRecord process) => Set(_random.Next(7) switch
    {
        0 => process with { FdSight = process.FdSight == Sight.Seen ? Sight.Denied : Sight.Seen },
        1 => process with { TracerPid = process.TracerPid == 0 ? Any().Pid : 0 },
        2 => process with { SharesMemoryWith = [Any().Pid] },
        3 => process with { ThreadsComplete = !process.ThreadsComplete },
        4 => process with { NsPid = process.NsPid == process.Pid ? 1 + _random.Next(2) : process.Pid },
        5 => Open(process, _random.Next(3), FdAccess.ReadWrite, "/dev/pts/3 (deleted)", false),
        _ => process with { Behind = !process.Behind },
    });

    /// <summary>A thread comes or goes.</summary>
    private void Thread(ProcessRecord process)
    {
        if (process.Threads.Length > 1)
            Set(process with { Threads = process.Threads.RemoveAt(1) });
        else if (!process.IsZombie)
            Set(process with { Threads = process.Threads.Add(process.Threads[0] with { Tid = process.Pid + 1000, Comm = _random.Next(4) == 0 ? ".NET x" : "t" }) });
    }

    /// <summary>It has run, and waits for something else now.</summary>
    private void Wait(ProcessRecord process)
    {
        if (process.IsZombie)
            return;
        int index = _random.Next(process.Threads.Length);
        ThreadRecord thread = process.Threads[index];
        FileDescriptor? fd = process.Fds.IsEmpty ? null : process.Fds[_random.Next(process.Fds.Length)];
        ulong number = (ulong)(fd?.Number ?? 0);
        int child = _processes.Values.FirstOrDefault(other => other.Ppid == process.Pid)?.Pid ?? 2;
        ThreadRecord now = _random.Next(16) switch
        {
            < 5 => Blocked(thread, 0, "anon_pipe_read", number, 0x1000, 4096),
            5 or 6 => Blocked(thread, 1, "anon_pipe_write", number, 0x1000, 4096),
            7 or 8 => Blocked(thread, 202, "futex_do_wait", 0x7000, 0x80 | 9, 0, 0),
            9 or 10 => Blocked(thread, 61, "do_wait", unchecked((ulong)(_random.Next(2) == 0 ? -1 : child)), 0, 0),
            11 => Blocked(thread, 61, "do_wait", unchecked((ulong)-process.Pgrp), 0, 0),
            12 or 13 => Blocked(thread, 7, "do_poll", 0x3000, (ulong)process.Fds.Length, _random.Next(2) == 0 ? Second : ulong.MaxValue) with
            {
                Memory = new CallMemory { PollSet = [.. process.Fds.Where(_ => _random.Next(2) == 0).Select(other => new PollMember(other.Number, (short)(_random.Next(5) == 0 && other.Target.Kind != FdKind.Socket ? 4 : 1)))] },
            },
            14 => Blocked(thread, 230, "hrtimer_nanosleep", 1, 0, 0x2000),
            _ => thread with { State = 'R', Wchan = null, Call = BlockedCall.Running, Memory = null },
        };
        Set(process with { State = now.State, Threads = process.Threads.SetItem(index, AfterARun(now)) });
    }

    /// <summary>Whose timeout was over waits for the same again; where the look came just before that, it has not run yet.</summary>
    private void ComeBack()
    {
        foreach (ProcessRecord process in _processes.Values.ToList())
        {
            if (process.Threads.Any(IsTimed) && _random.Next(8) > 0)
                Set(process with { Threads = [.. process.Threads.Select(thread => IsTimed(thread) ? AfterARun(thread) : thread)] });
        }

        static bool IsTimed(ThreadRecord thread) => thread.Call is { Status: BlockedCallStatus.InCall, Number: 7, Arguments: [_, _, Second, ..] };
    }

    private static ThreadRecord AfterARun(ThreadRecord thread) =>
        thread with { Counters = new RunCounters(thread.Counters!.Value.RunTimeNs + 10, thread.Counters.Value.Timeslices + 1) };

    private static ThreadRecord Blocked(ThreadRecord thread, long call, string wchan, params ulong[] arguments) =>
        thread with { State = 'S', Wchan = wchan, Memory = null, Call = new BlockedCall(BlockedCallStatus.InCall, call, [.. arguments, .. new ulong[6 - arguments.Length]]) };

    private static ProcessRecord Idle(int pid, int parent, ulong start) => new()
    {
        Pid = pid,
        StartTimeTicks = start,
        Ppid = parent,
        Pgrp = pid,
        Session = pid,
        Comm = "first",
        State = 'S',
        Uid = 0,
        NsPid = pid,
        Cmdline = ["/bin/first"],
        Threads = [Blocked(new ThreadRecord { Tid = pid, Comm = "main", State = 'S', Counters = new RunCounters(1, 1), Call = BlockedCall.Running }, 230, "hrtimer_nanosleep", 1)],
        Fds = [],
        FdSight = Sight.Seen,
        HasPosixTimers = false,
    };
}
