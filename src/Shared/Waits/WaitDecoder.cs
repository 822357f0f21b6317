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
public static partial class WaitDecoder
{
    public static Wait Decode(HostIdentity host, ProcessRecord process, ThreadRecord thread)
    {
        if (thread.Fds is not { } own)
            return DecodeAny(host, process, thread);
        // What else is known of an fd is looked for in the table of the process: only what is told by its object alone can be told.
        Wait wait = DecodeAny(host, process with { Fds = own }, thread);
        return wait is { Kind: not WaitKind.Poll } and ({ Fd: null } or { Target.Kind: FdKind.Pipe or FdKind.Socket or FdKind.EventFd })
            ? wait
            : Wait.Unknown("what it waits for stands in an fd table of its own", wait.Call);
    }

    private static Wait DecodeAny(HostIdentity host, ProcessRecord process, ThreadRecord thread)
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
                // The one state D that proves something: it ends when the child has exec'd or exited, and a fatal signal apart with nothing else.
                return IsVfork(host, thread)
                    ? new Wait { Kind = WaitKind.Vfork, Bounded = Bounded.No }
                    : new Wait { Kind = WaitKind.Uninterruptible, Bounded = Bounded.Unknown };
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
        return DecodeCall(host, process, thread, call);
    }

    /// <summary>
    /// Whether two looks at a process that stood still between them, with the same fd table, know as much of it: then its threads are decoded alike.
    /// </summary>
    public static bool KnowsAsMuchOf(ProcessRecord before, ProcessRecord now)
    {
        if (before.Pgrp != now.Pgrp || before.NsPid != now.NsPid)
            return false;
        for (int i = 0; i < now.Threads.Length; i++)
        {
            if (before.Threads[i].NsTid != now.Threads[i].NsTid || before.Threads[i].Fds != now.Threads[i].Fds || !ReferenceEquals(before.Threads[i].Memory, now.Threads[i].Memory))
                return false;
        }
        return true;
    }

    private static Wait DecodeCall(HostIdentity host, ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        return call switch
        {
            SystemCall.Read or SystemCall.Readv or SystemCall.Preadv2 or SystemCall.Write or SystemCall.Writev or SystemCall.Pwritev2 => OfFd(process, thread, call),
            SystemCall.Splice or SystemCall.Tee or SystemCall.Vmsplice or SystemCall.Sendfile => OfMove(process, thread, call),
            SystemCall.Recvfrom or SystemCall.Recvmsg or SystemCall.Recvmmsg => OfSocket(process, thread, call, WaitKind.SocketRead),
            SystemCall.Sendto or SystemCall.Sendmsg => OfSocket(process, thread, call, WaitKind.SocketWrite),
            SystemCall.Accept or SystemCall.Accept4 => OfSocket(process, thread, call, WaitKind.SocketAccept),
            SystemCall.Connect => OfSocket(process, thread, call, WaitKind.SocketConnect) with { Path = thread.Memory?.Path },
            SystemCall.Open or SystemCall.Openat when Sleeps(thread, FifoOpenChannels) =>
                new Wait { Kind = WaitKind.FifoOpen, Bounded = Bounded.No, Call = call, Path = thread.Memory?.Path, OpensFor = AccessOf(args[call == SystemCall.Open ? 1 : 2]) },
            SystemCall.Creat when Sleeps(thread, FifoOpenChannels) =>
                new Wait { Kind = WaitKind.FifoOpen, Bounded = Bounded.No, Call = call, Path = thread.Memory?.Path, OpensFor = FdAccess.Write },
            SystemCall.Poll or SystemCall.Ppoll or SystemCall.Select or SystemCall.Pselect6 when Sleeps(thread, PollChannels) =>
                OfPollSet(process, thread, call),
            // After SIGSTOP and SIGCONT an interrupted poll(2) or sleep goes on as this call, the registers as they were. ppoll and select begin anew instead.
            SystemCall.RestartSyscall when Sleeps(thread, PollChannels) => OfPollSet(process, thread, SystemCall.Poll),
            // The other calls that go on so are sleeps, and futex waits with a timeout. In 6.18 the sleep's own function is left out of wchan.
            SystemCall.RestartSyscall when Sleeps(thread, SleepChannels) => new Wait { Kind = WaitKind.Timer, Bounded = Bounded.Yes, Call = call },
            SystemCall.EpollWait or SystemCall.EpollPwait or SystemCall.EpollPwait2 when Sleeps(thread, EpollChannels) =>
                OfEpoll(process, thread, call),
            SystemCall.Futex when Sleeps(thread, FutexChannels) => OfFutex(host, process, thread, call),
            SystemCall.FutexWaitv when Sleeps(thread, FutexChannels) => OfFutexWaitv(thread, call),
            SystemCall.Wait4 when Sleeps(thread, ChildChannels) => OfWait4(process, (int)args[0], (uint)args[2], call),
            SystemCall.Waitid when Sleeps(thread, ChildChannels) => OfWaitid(process, (int)args[0], (int)args[1], (uint)args[3], call),
            SystemCall.Nanosleep or SystemCall.ClockNanosleep =>
                new Wait { Kind = WaitKind.Timer, Bounded = Bounded.Yes, Call = call },
            SystemCall.Pause => OfSignals(process.SignalsCaught & ~SignalMask.OfFaults, Bounded.No, call),
            // dash catches SIGINT in every script, so that its wait can be broken off.
            SystemCall.RtSigsuspend => OfSignals(process.SignalsCaught & ~(SignalMask.OfFaults | SignalMask.Interrupt), Bounded.No, call),
            SystemCall.RtSigtimedwait => OfSignals(thread.Memory?.SignalSet, args[2] == 0 ? Bounded.No : Bounded.Yes, call),
            SystemCall.Flock when Sleeps(thread, FlockChannels) => OfFlock(process, thread, call),
            SystemCall.Fcntl when Sleeps(thread, FcntlLockChannels) => OfFcntl(process, thread, call),
            SystemCall.Semop or SystemCall.Semtimedop when Sleeps(thread, SemaphoreChannels) => OfSemaphore(thread, call),
            SystemCall.Msgrcv or SystemCall.Msgsnd when Sleeps(thread, MessageChannels) => OfMessage(thread, call),
            SystemCall.MqTimedreceive or SystemCall.MqTimedsend when Sleeps(thread, PosixQueueChannels) => OfPosixQueue(process, thread, call),
            _ => Wait.Unknown($"{SystemCallTable.NameOf(call)} in {thread.Wchan ?? "an unnamed wait channel"} is not decoded", call),
        };
    }

    // O_ACCMODE of open(2)
    private static FdAccess AccessOf(ulong flags) => (flags & 3) switch
    {
        0 => FdAccess.Read,
        1 => FdAccess.Write,
        _ => FdAccess.ReadWrite,
    };

    // Allow-lists of wait channels. Names differ between kernels; each list holds those of 4.x to 6.18. A suffix that the compiler adds
    // (poll_schedule_timeout.constprop.0) is cut before comparing.
    private static readonly FrozenSet<string> PipeReadChannels = Names("anon_pipe_read", "pipe_read", "pipe_wait", "pipe_wait_readable");
    private static readonly FrozenSet<string> PipeWriteChannels = Names("anon_pipe_write", "pipe_write", "pipe_wait", "pipe_wait_writable");
    private static readonly FrozenSet<string> FifoOpenChannels = Names("wait_for_partner");
    private static readonly FrozenSet<string> PollChannels = Names("poll_schedule_timeout", "do_poll", "do_sys_poll", "do_select", "core_sys_select");
    private static readonly FrozenSet<string> SleepChannels = Names("hrtimer_nanosleep", "hrtimer_nanosleep_restart", "do_nanosleep", "do_syscall_64");
    private static readonly FrozenSet<string> EpollChannels = Names("do_epoll_wait", "ep_poll");
    private static readonly FrozenSet<string> FutexChannels = Names(
        "futex_do_wait", "futex_wait_queue", "futex_wait_queue_me", "futex_wait", "futex_wait_multiple", "futex_sleep_multiple", "__futex_wait_multiple",
        // FUTEX_LOCK_PI
        "rt_mutex_schedule", "rt_mutex_slowlock_block", "__rt_mutex_slowlock", "futex_lock_pi");
    private static readonly FrozenSet<string> ChildChannels = Names("do_wait");
    private static readonly FrozenSet<string> EventFdChannels = Names("do_wait_intr_irq", "eventfd_read", "eventfd_write");
    private static readonly FrozenSet<string> TimerFdChannels = Names("do_wait_intr_irq", "timerfd_read_iter", "timerfd_read");
    private static readonly FrozenSet<string> SignalFdChannels = Names("signalfd_read_iter", "signalfd_read", "signalfd_dequeue");
    private static readonly FrozenSet<string> VforkChannels = Names("kernel_clone", "_do_fork", "do_fork", "wait_for_vfork_done");

    private static FrozenSet<string> Names(params string[] names) => names.ToFrozenSet(StringComparer.Ordinal);

    private static bool Sleeps(ThreadRecord thread, FrozenSet<string> channels)
    {
        if (thread.Wchan is not { } wchan)
            return false;
        int suffix = wchan.IndexOf('.', StringComparison.Ordinal);
        return suffix < 0 ? channels.Contains(wchan) : channels.GetAlternateLookup<ReadOnlySpan<char>>().Contains(wchan.AsSpan(0, suffix));
    }

    /// <summary>Whether a thread waits for the child that it made with vfork(2): by its wait channel alone, in state D.</summary>
    public static bool IsInVfork(ThreadRecord thread) => thread is { State: 'D', Call.Status: BlockedCallStatus.InCall } && Sleeps(thread, VforkChannels);

    private static bool IsVfork(HostIdentity host, ThreadRecord thread) =>
        thread.Call.Status == BlockedCallStatus.InCall
        && SystemCallTable.TryGet(host.Architecture, thread.Call.Number, out SystemCall call)
        && call is SystemCall.Vfork or SystemCall.Clone or SystemCall.Clone3
        && Sleeps(thread, VforkChannels);

    private static Wait OfFd(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        (int? read, int? written) = StreamCalls.FdsOf(call, thread.Call.Arguments);
        int fd = (read ?? written)!.Value;
        if (process.FindFd(fd) is not { } entry)
            return Wait.Unknown($"fd {fd} is not in the fd table", call);
        WaitKind? kind = KindOf(thread, entry, reading: read is not null)
            ?? (IsTerminal(entry) && IsOpenFor(entry, read is not null) && Sleeps(thread, TerminalChannels) ? WaitKind.Tty : null);
        if (kind is null && entry.Target.Kind == FdKind.SignalFd && read is not null && Sleeps(thread, SignalFdChannels))
            return OfSignalFd(process, entry, call);
        if (kind is null)
        {
            return Wait.Unknown(
                $"{SystemCallTable.NameOf(call)} of fd {fd} ({entry.Target.Text}) in {thread.Wchan ?? "an unnamed wait channel"} is not decoded", call);
        }
        Wait wait = OfStream(entry, kind.Value, call);
        return call == SystemCall.Read && thread.Call.Arguments[2] == 1 ? wait with { ReadsOneByte = true } : wait;
    }

    /// <summary>splice(2) and its like, of whose two fds one is waited for: the wait channel tells which. Where it fits both, neither is known to be it.</summary>
    private static Wait OfMove(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        (int? read, int? written) = StreamCalls.FdsOf(call, thread.Call.Arguments);
        FileDescriptor? source = process.FindFd(read!.Value), destination = process.FindFd(written!.Value);
        if (source is null || destination is null)
            return Wait.Unknown($"fd {(source is null ? read : written)} is not in the fd table", call);
        return (KindOf(thread, source, reading: true), KindOf(thread, destination, reading: false)) switch
        {
            ({ } empty, null) => OfStream(source, empty, call),
            (null, { } full) => OfStream(destination, full, call),
            _ => Wait.Unknown($"{SystemCallTable.NameOf(call)} in {thread.Wchan ?? "an unnamed wait channel"} is not decoded", call),
        };
    }

    private static Wait OfStream(FileDescriptor entry, WaitKind kind, SystemCall call) => new()
    {
        Kind = kind,
        Bounded = kind == WaitKind.Timer ? BoundedOf(entry) : entry.Target.Kind == FdKind.Socket || kind == WaitKind.Tty && IsReadInTime(entry, call) ? BoundedOf(entry, kind) : Bounded.No,
        Call = call,
        Fd = entry.Number,
        Target = entry.Target,
    };

    /// <summary>What a thread that reads or writes this fd sleeps for; null where its wait channel is none of such a file, or the fd is not open for it.</summary>
    private static WaitKind? KindOf(ThreadRecord thread, FileDescriptor entry, bool reading) => !IsOpenFor(entry, reading) ? null : entry.Target.Kind switch
    {
        // A named FIFO sleeps in the pipe's wait channel; anybody may open its name.
        FdKind.Pipe or FdKind.Path when Sleeps(thread, reading ? PipeReadChannels : PipeWriteChannels) => reading ? WaitKind.PipeRead : WaitKind.PipeWrite,
        FdKind.EventFd when Sleeps(thread, EventFdChannels) => WaitKind.EventFd,
        FdKind.TimerFd when reading && Sleeps(thread, TimerFdChannels) => WaitKind.Timer,
        FdKind.Socket when Sleeps(thread, reading ? SocketReadChannels : SocketWriteChannels) => reading ? WaitKind.SocketRead : WaitKind.SocketWrite,
        _ => null,
    };

    private static bool IsOpenFor(FileDescriptor entry, bool reading) => (entry.Access & (reading ? FdAccess.Read : FdAccess.Write)) != 0;

    /// <summary>VTIME of termios(3) is of the slave: tcsetattr(3) at a master sets that, and reads of the master know of no time. A real terminal is nobody's proof.</summary>
    private static bool IsReadInTime(FileDescriptor entry, SystemCall call) =>
        call is not (SystemCall.Write or SystemCall.Writev or SystemCall.Pwritev2) && entry.Target.Text.StartsWith("/dev/pts/", StringComparison.Ordinal) && !entry.Target.Text.EndsWith("ptmx", StringComparison.Ordinal);

    private static bool IsTerminal(FileDescriptor entry) => entry.Target.Kind == FdKind.Path && IsTerminal(entry.Target.Text);

    internal static bool IsTerminal(string path) =>
        path.StartsWith("/dev/pts/", StringComparison.Ordinal) || path.StartsWith("/dev/tty", StringComparison.Ordinal) || path is "/dev/console" or "/dev/ptmx";
}
