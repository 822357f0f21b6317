using System.Collections.Frozen;
using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>
/// From what /proc shows of a thread to what it waits for. The blocked system call comes first, the wait channel has to agree
/// with it (an allow-list), the state letter comes last. Whatever does not agree is <see cref="WaitKind.Unknown"/>: a read(2) on a pipe can
/// also sit in a page fault or in a seccomp notification, and then the pipe says nothing.
/// </summary>
public static class WaitDecoder
{
    public static Wait Decode(HostIdentity host, ProcessRecord process, ThreadRecord thread)
    {
        switch (thread.State)
        {
            case 'R':
                return new Wait { Kind = WaitKind.Running, Bounded = Bounded.Unknown };
            case 'T':
                return new Wait { Kind = WaitKind.Stopped, Bounded = Bounded.No };
            case 't':
                return new Wait { Kind = WaitKind.Traced, Bounded = Bounded.No };
            case 'D':
                return new Wait { Kind = IsVfork(host, thread) ? WaitKind.Vfork : WaitKind.Uninterruptible, Bounded = Bounded.Unknown };
            case not 'S':
                return Wait.Unknown($"state {thread.State}");
        }
        switch (thread.Call.Status)
        {
            case BlockedCallStatus.Running:
                return new Wait { Kind = WaitKind.Running, Bounded = Bounded.Unknown };
            case BlockedCallStatus.Denied:
                return Wait.Unknown("the blocked call may not be read");
            case BlockedCallStatus.NotInCall:
                return Wait.Unknown("blocked outside a system call");
            case BlockedCallStatus.Unreadable:
                return Wait.Unknown("the blocked call could not be read");
        }
        if (!SystemCallTable.TryGet(host.Architecture, thread.Call.Number, out SystemCall call))
            return Wait.Unknown($"system call {thread.Call.Number} is not decoded");
        return DecodeCall(process, thread, call);
    }

    private static Wait DecodeCall(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        return call switch
        {
            SystemCall.Read or SystemCall.Readv => OfFd(process, thread, call, reading: true),
            SystemCall.Write or SystemCall.Writev => OfFd(process, thread, call, reading: false),
            SystemCall.Recvfrom or SystemCall.Recvmsg or SystemCall.Recvmmsg => OfSocket(process, thread, call, WaitKind.SocketRead),
            SystemCall.Sendto or SystemCall.Sendmsg => OfSocket(process, thread, call, WaitKind.SocketWrite),
            SystemCall.Accept or SystemCall.Accept4 => OfSocket(process, thread, call, WaitKind.SocketAccept),
            SystemCall.Connect => OfSocket(process, thread, call, WaitKind.SocketConnect),
            SystemCall.Open or SystemCall.Openat when Sleeps(thread, FifoOpenChannels) =>
                new Wait { Kind = WaitKind.FifoOpen, Bounded = Bounded.No, Call = call },
            SystemCall.Poll or SystemCall.Ppoll or SystemCall.Select or SystemCall.Pselect6 when Sleeps(thread, PollChannels) =>
                OfPollSet(process, thread, call),
            // After SIGSTOP and SIGCONT an interrupted poll(2) or sleep goes on as this call, the registers as they were. ppoll and select begin anew instead.
            SystemCall.RestartSyscall when Sleeps(thread, PollChannels) => OfPollSet(process, thread, SystemCall.Poll),
            // The other calls that go on so are sleeps, and futex waits with a timeout. In 6.18 the sleep's own function is left out of wchan.
            SystemCall.RestartSyscall when Sleeps(thread, SleepChannels) => new Wait { Kind = WaitKind.Timer, Bounded = Bounded.Yes, Call = call },
            SystemCall.EpollWait or SystemCall.EpollPwait or SystemCall.EpollPwait2 when Sleeps(thread, EpollChannels) =>
                OfEpoll(process, thread, call),
            SystemCall.Futex when Sleeps(thread, FutexChannels) => OfFutex(process, thread, call),
            SystemCall.Wait4 when Sleeps(thread, ChildChannels) => OfWait4(process, (int)args[0], call),
            SystemCall.Waitid when Sleeps(thread, ChildChannels) => OfWaitid(process, (int)args[0], (int)args[1], call),
            SystemCall.Nanosleep or SystemCall.ClockNanosleep =>
                new Wait { Kind = WaitKind.Timer, Bounded = Bounded.Yes, Call = call },
            SystemCall.Pause or SystemCall.RtSigsuspend =>
                new Wait { Kind = WaitKind.SignalWait, Bounded = Bounded.No, Call = call },
            SystemCall.RtSigtimedwait =>
                new Wait { Kind = WaitKind.SignalWait, Bounded = args[2] == 0 ? Bounded.No : Bounded.Yes, Call = call },
            SystemCall.Flock or SystemCall.Fcntl => new Wait { Kind = WaitKind.FileLock, Bounded = Bounded.No, Call = call },
            SystemCall.Semop or SystemCall.Semtimedop => new Wait { Kind = WaitKind.SysvSemaphore, Bounded = Bounded.Unknown, Call = call },
            SystemCall.Msgrcv or SystemCall.Msgsnd => new Wait { Kind = WaitKind.SysvMessage, Bounded = Bounded.No, Call = call },
            SystemCall.MqTimedreceive or SystemCall.MqTimedsend =>
                new Wait { Kind = WaitKind.PosixQueue, Bounded = Bounded.Unknown, Call = call },
            _ => Wait.Unknown($"{SystemCallTable.NameOf(call)} in {thread.Wchan ?? "an unnamed wait channel"} is not decoded", call),
        };
    }

    // Allow-lists of wait channels. Names differ between kernels; each list holds those of 4.x to 6.18. A suffix that the compiler adds
    // (poll_schedule_timeout.constprop.0) is cut before comparing.
    private static readonly FrozenSet<string> PipeReadChannels = Names("anon_pipe_read", "pipe_read", "pipe_wait", "pipe_wait_readable");
    private static readonly FrozenSet<string> PipeWriteChannels = Names("anon_pipe_write", "pipe_write", "pipe_wait", "pipe_wait_writable");
    private static readonly FrozenSet<string> FifoOpenChannels = Names("wait_for_partner");
    private static readonly FrozenSet<string> PollChannels = Names("poll_schedule_timeout", "do_poll", "do_sys_poll", "do_select", "core_sys_select");
    private static readonly FrozenSet<string> SleepChannels = Names("hrtimer_nanosleep", "hrtimer_nanosleep_restart", "do_nanosleep", "do_syscall_64");
    private static readonly FrozenSet<string> EpollChannels = Names("do_epoll_wait", "ep_poll");
    private static readonly FrozenSet<string> FutexChannels = Names("futex_do_wait", "futex_wait_queue", "futex_wait_queue_me", "futex_wait");
    private static readonly FrozenSet<string> ChildChannels = Names("do_wait");
    private static readonly FrozenSet<string> EventFdChannels = Names("do_wait_intr_irq", "eventfd_read");
    private static readonly FrozenSet<string> VforkChannels = Names("kernel_clone", "_do_fork", "do_fork", "wait_for_vfork_done");

    private static FrozenSet<string> Names(params string[] names) => names.ToFrozenSet(StringComparer.Ordinal);

    private static bool Sleeps(ThreadRecord thread, FrozenSet<string> channels)
    {
        if (thread.Wchan is not { } wchan)
            return false;
        int suffix = wchan.IndexOf('.', StringComparison.Ordinal);
        return channels.Contains(suffix < 0 ? wchan : wchan[..suffix]);
    }

    private static bool IsVfork(HostIdentity host, ThreadRecord thread) =>
        thread.Call.Status == BlockedCallStatus.InCall
        && SystemCallTable.TryGet(host.Architecture, thread.Call.Number, out SystemCall call)
        && call is SystemCall.Vfork or SystemCall.Clone or SystemCall.Clone3
        && Sleeps(thread, VforkChannels);

    private static Wait OfFd(ProcessRecord process, ThreadRecord thread, SystemCall call, bool reading)
    {
        int fd = (int)thread.Call.Arguments[0];
        if (process.FindFd(fd) is not { } entry)
            return Wait.Unknown($"fd {fd} is not in the fd table", call);
        FdAccess needed = reading ? FdAccess.Read : FdAccess.Write;
        WaitKind? kind = entry.Target.Kind switch
        {
            FdKind.Pipe when reading && Sleeps(thread, PipeReadChannels) => WaitKind.PipeRead,
            FdKind.Pipe when !reading && Sleeps(thread, PipeWriteChannels) => WaitKind.PipeWrite,
            FdKind.EventFd when reading && Sleeps(thread, EventFdChannels) => WaitKind.EventFd,
            FdKind.Socket => reading ? WaitKind.SocketRead : WaitKind.SocketWrite,
            // A named FIFO sleeps in the pipe's wait channel; anybody may open its name.
            FdKind.Path when reading && Sleeps(thread, PipeReadChannels) => WaitKind.PipeRead,
            FdKind.Path when !reading && Sleeps(thread, PipeWriteChannels) => WaitKind.PipeWrite,
            FdKind.Path when IsTerminal(entry.Target.Text) => WaitKind.Tty,
            _ => null,
        };
        if (kind is null || (entry.Access & needed) == 0)
        {
            return Wait.Unknown(
                $"{SystemCallTable.NameOf(call)} of fd {fd} ({entry.Target.Text}) in {thread.Wchan ?? "an unnamed wait channel"} is not decoded", call);
        }
        // Receive and send timeouts of sockets show nowhere in /proc.
        Bounded bounded = entry.Target.Kind == FdKind.Socket ? Bounded.Unknown : Bounded.No;
        return new Wait { Kind = kind.Value, Bounded = bounded, Call = call, Fd = fd, Target = entry.Target };
    }

    private static bool IsTerminal(string path) =>
        path.StartsWith("/dev/pts/", StringComparison.Ordinal) || path.StartsWith("/dev/tty", StringComparison.Ordinal) || path is "/dev/console" or "/dev/ptmx";

    private static Wait OfSocket(ProcessRecord process, ThreadRecord thread, SystemCall call, WaitKind kind)
    {
        int fd = (int)thread.Call.Arguments[0];
        return process.FindFd(fd) is { Target.Kind: FdKind.Socket } entry
            ? new Wait { Kind = kind, Bounded = Bounded.Unknown, Call = call, Fd = fd, Target = entry.Target }
            : Wait.Unknown($"fd {fd} of {SystemCallTable.NameOf(call)} is no socket that was seen", call);
    }

    private static Wait OfPollSet(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        bool timed = call switch
        {
            SystemCall.Poll => (int)args[2] >= 0,
            SystemCall.Ppoll => args[2] != 0,
            _ => args[4] != 0, // select: struct timeval *, pselect6: struct timespec *
        };
        if (thread.Memory?.PollSet is not { } set)
            return Wait.Unknown($"the fd set of {SystemCallTable.NameOf(call)} could not be read", call);
        return Set(call, timed, [.. set.Select(member => Member(process, member.Fd, process.FindFd(member.Fd), (member.Events & PollOut) != 0))]);
    }

    private const int PollOut = 4;

    private static Wait OfEpoll(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        bool timed = call == SystemCall.EpollPwait2 ? args[3] != 0 : (int)args[3] >= 0;
        int epfd = (int)args[0];
        if (process.FindFd(epfd) is not { Target.Kind: FdKind.Epoll } epoll)
            return Wait.Unknown($"fd {epfd} is no epoll that was seen", call);
        if (epoll.EpollMembers is not { } members)
            return Wait.Unknown($"the members of epoll fd {epfd} could not be read", call);
        Wait set = Set(call, timed, [.. members.Select(member => Member(process, member.Fd, FindEpollMember(process, member), (member.Events & PollOut) != 0))]);
        return set with { Fd = epfd, Target = epoll.Target };
    }

    /// <summary>The number may have been reused since it was added: the inode decides.</summary>
    private static FileDescriptor? FindEpollMember(ProcessRecord process, EpollMember member) =>
        process.FindFd(member.Fd) is { } entry && (entry.Target.Kind is not (FdKind.Pipe or FdKind.Socket) || entry.Target.Id == member.Inode)
            ? entry
            : process.Fds.FirstOrDefault(other => other.Target.Kind is FdKind.Pipe or FdKind.Socket && other.Target.Id == member.Inode);

    /// <summary>A set of nothing waits for a signal or for its timeout.</summary>
    private static Wait Set(SystemCall call, bool timed, ImmutableArray<Wait> members) => new()
    {
        Kind = members.IsEmpty ? (timed ? WaitKind.Timer : WaitKind.SignalWait) : WaitKind.Poll,
        Bounded = timed ? Bounded.Yes : Bounded.No,
        Call = call,
        Members = members,
    };

    private static Wait Member(ProcessRecord process, int fd, FileDescriptor? entry, bool wantsWrite)
    {
        if (entry is null)
            return Wait.Unknown($"fd {fd} of the set is not in the fd table") with { Fd = fd };
        WaitKind kind = entry.Target.Kind switch
        {
            // Hang-up and error are always reported, so the access mode counts more than the wanted events.
            FdKind.Pipe => wantsWrite && entry.Access != FdAccess.Read || entry.Access == FdAccess.Write ? WaitKind.PipeWrite : WaitKind.PipeRead,
            FdKind.Socket => wantsWrite ? WaitKind.SocketWrite : WaitKind.SocketRead,
            FdKind.EventFd => WaitKind.EventFd,
            FdKind.SignalFd => WaitKind.SignalWait,
            FdKind.TimerFd => WaitKind.Timer,
            FdKind.PidFd => WaitKind.ChildWait,
            FdKind.Path when IsTerminal(entry.Target.Text) => WaitKind.Tty,
            _ => WaitKind.Unknown,
        };
        return new Wait
        {
            Kind = kind,
            Bounded = Bounded.No,
            Fd = entry.Number,
            Target = entry.Target,
            Children = kind == WaitKind.ChildWait ? new ChildSelector((int)entry.Target.Id, null) : null,
            Why = kind == WaitKind.Unknown ? $"what polls {entry.Target.Text} is not decoded" : null,
        };
    }

    // futex(2): uaddr, op, val, timeout, uaddr2, val3
    private const int FutexWaitOp = 0, FutexWaitBitsetOp = 9;
    private const int FutexPrivateFlag = 0x80, FutexCommandMask = 0x7f;

    private static Wait OfFutex(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        int operation = (int)args[1];
        if ((operation & FutexCommandMask) is not (FutexWaitOp or FutexWaitBitsetOp))
            return Wait.Unknown($"futex operation 0x{operation:x} is not decoded", call);
        uint expected = (uint)args[2];
        // pthread_join(3) waits without the private flag for the kernel to clear the tid in a thread's own control block.
        int? joins = (operation & FutexPrivateFlag) == 0 && expected != thread.Tid && process.Threads.Any(other => other.Tid == (int)expected)
            ? (int)expected
            : null;
        return new Wait
        {
            Kind = WaitKind.Futex,
            Bounded = args[3] == 0 ? Bounded.No : Bounded.Yes,
            Call = call,
            Futex = new FutexWait(args[0], operation, expected, (operation & FutexPrivateFlag) != 0 || joins is not null, joins),
        };
    }

    // wait4(2): pid < -1 a group, -1 any child, 0 the caller's own group, > 0 one child
    private static Wait OfWait4(ProcessRecord process, int pid, SystemCall call) => Child(call, pid switch
    {
        > 0 => new ChildSelector(pid, null),
        0 => new ChildSelector(null, process.Pgrp),
        -1 => ChildSelector.Any,
        _ => new ChildSelector(null, -pid),
    });

    // waitid(2): P_ALL 0, P_PID 1, P_PGID 2, P_PIDFD 3
    private static Wait OfWaitid(ProcessRecord process, int idType, int id, SystemCall call) => idType switch
    {
        0 => Child(call, ChildSelector.Any),
        1 => Child(call, new ChildSelector(id, null)),
        2 => Child(call, new ChildSelector(null, id == 0 ? process.Pgrp : id)),
        3 when process.FindFd(id) is { Target: { Kind: FdKind.PidFd, Id: > 0 } target } => Child(call, new ChildSelector((int)target.Id, null)),
        _ => Wait.Unknown($"waitid of type {idType} is not decoded", call),
    };

    private static Wait Child(SystemCall call, ChildSelector children) =>
        new() { Kind = WaitKind.ChildWait, Bounded = Bounded.No, Call = call, Children = children };
}
