using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>
/// A host on which nothing happens. Of three processes each the first waits for the second, in one of the ways that programs wait, which is another one from three to three; the second reads
/// a pipe from the third, and that one sleeps. Each has 23 fds, ends of pipes and sockets that lead to the next one and the one before, and an eventfd.
/// </summary>
internal static class IdleHost
{
    private const int FirstPid = 1000, Chain = 3, Fds = 23, PipeEnd = 3, Socket = 4, Ends = 8, EventFd = 22;

    /// <param name="count">A multiple of 3.</param>
    public static ImmutableArray<ProcessRecord> Processes(int count) => [.. Enumerable.Range(0, count).Select(Of)];

    /// <summary>What a look shows of their sockets that asks for it.</summary>
    public static ImmutableArray<SocketRecord> Sockets(int count) =>
    [
        .. (from index in Enumerable.Range(0, count)
            from fd in Enumerable.Range(Socket, EventFd - Socket)
            where fd % 2 == 0
            select new SocketRecord(SocketOf(index, fd), SocketFamily.Unix, SocketType.Stream, SocketState.Established)
            {
                Peer = IsToNext(fd) ? SocketOf(Next(index), fd + Ends) : fd < Socket + 2 * Ends ? SocketOf(Before(index), fd - Ends) : 0,
                ReceiveQueue = 0,
                SendQueue = 0,
                Shutdown = 0,
            }).OrderBy(socket => socket.Inode),
    ];

    private static bool IsToNext(int fd) => fd < PipeEnd + Ends;

    private static int Next(int index) => index % Chain == Chain - 1 ? index - Chain + 1 : index + 1;

    private static int Before(int index) => index % Chain == 0 ? index + Chain - 1 : index - 1;

    private static ulong SocketOf(int index, int fd) => (ulong)(10_000_000 + index * Fds + fd);

    private static ulong PipeOf(int index, int fd) => (ulong)(1 + index * Fds + fd);

    private static ProcessRecord Of(int index)
    {
        int pid = FirstPid + index, place = index % Chain;
        return new ProcessRecord
        {
            Pid = pid,
            StartTimeTicks = (ulong)pid,
            Ppid = place == 0 ? 1 : pid - 1,
            Pgrp = pid - place,
            Session = 50,
            Comm = "idle",
            State = 'S',
            Uid = 1000,
            NsPid = pid,
            SignalsCaught = 1UL << 16,
            Cmdline = ["/usr/bin/idle"],
            Threads = [MainThread(place, index / Chain) with { Tid = pid }, .. Enumerable.Range(1, 1 + index / Chain % 2).Select(thread => Pooled with { Tid = 1_000_000 + pid * 4 + thread })],
            Fds = [.. Enumerable.Range(0, Fds).Select(fd => Fd(fd, index))],
            FdSight = Sight.Seen,
            HasPosixTimers = false,
        };
    }

    private static ThreadRecord MainThread(int place, int chain) => (place, chain % 5) switch
    {
        (2, _) => Blocked(230, "hrtimer_nanosleep", 1, 0, 0x2000),
        (1, _) or (_, 0) => Blocked(0, "anon_pipe_read", PipeEnd, 0x1000, 4096),
        (_, 1) => Blocked(0, "unix_stream_data_wait", Socket, 0x1000, 4096),
        (_, 2) => Blocked(0, "eventfd_read", EventFd, 0x1000, 8),
        (_, 3) => Blocked(61, "do_wait", ulong.MaxValue),
        _ => Blocked(7, "poll_schedule_timeout.constprop.0", 0x3000, 3, ulong.MaxValue) with
        {
            Memory = new CallMemory { PollSet = [new PollMember(PipeEnd, 1), new PollMember(Socket, 1), new PollMember(EventFd, 1)] },
        },
    };

    private static readonly ThreadRecord Pooled = Blocked(202, "futex_do_wait", 0x7000, 0x80 | 9);

    private static ThreadRecord Blocked(long call, string wchan, params ulong[] arguments) => new()
    {
        Tid = 0,
        Comm = "thread",
        State = 'S',
        Counters = new RunCounters(1000, 1),
        Wchan = wchan,
        Call = new BlockedCall(BlockedCallStatus.InCall, call, [.. arguments, .. new ulong[6 - arguments.Length]]),
    };

    private static FileDescriptor Fd(int fd, int index) => fd switch
    {
        // The first two of a chain have one, the third has its own.
        EventFd => new FileDescriptor(fd, FdAccess.ReadWrite, FdTarget.Parse("anon_inode:[eventfd]") with { Id = (ulong)(1 + (index % Chain == 1 ? index - 1 : index)) }),
        < PipeEnd => new FileDescriptor(fd, FdAccess.ReadWrite, FdTarget.Parse("/dev/null")),
        _ when fd % 2 == 0 => new FileDescriptor(fd, FdAccess.ReadWrite, FdTarget.Parse($"socket:[{SocketOf(index, fd)}]")),
        _ when IsToNext(fd) => new FileDescriptor(fd, FdAccess.Read, FdTarget.Parse($"pipe:[{PipeOf(index, fd)}]")),
        _ => new FileDescriptor(fd, FdAccess.Write, FdTarget.Parse($"pipe:[{PipeOf(Before(index), fd - Ends)}]")),
    };
}
