using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Bench;

/// <summary>
/// Looks at a host that does not exist: families of ten, a parent that polls the pipes of its children with a timeout, children that wait for what it
/// writes, each with worker threads in futexes. One family is a ring of three that read from each other.
/// </summary>
internal static class SyntheticHost
{
    private const int FirstPid = 100, FamilySize = 10, Threads = 4, Fds = 20;

    private static readonly HostIdentity Host = new("h-bench", "bench", "11111111-2222-3333-4444-555555555555", "6.18.0", "x86_64", 100, DateTimeOffset.UnixEpoch);

    internal static Snapshot Look(int processes, int seconds) => new()
    {
        Host = Host,
        TakenAt = DateTimeOffset.UnixEpoch.AddSeconds(seconds),
        Uptime = TimeSpan.FromSeconds(seconds),
        Duration = TimeSpan.FromMilliseconds(10),
        ObserverPid = 0,
        Processes = [.. Enumerable.Range(0, processes).Select(Process)],
        Reads = default,
        Sockets = [],
        FileLocks = [],
        SysvObjects = [],
    };

    private static ProcessRecord Process(int place)
    {
        int pid = FirstPid + place, parent = FirstPid + place / FamilySize * FamilySize, member = place % FamilySize;
        bool isRing = place < 3;
        return new ProcessRecord
        {
            Pid = pid,
            StartTimeTicks = (ulong)pid,
            Ppid = pid == parent || isRing ? 1 : parent,
            Pgrp = parent,
            Session = parent,
            Comm = "worker",
            State = 'S',
            Uid = 1000,
            NsPid = pid,
            Cmdline = ["/usr/bin/worker", "--number", $"{member}"],
            Threads = [.. Enumerable.Range(0, Threads).Select(thread => Thread(pid * Threads + thread, thread == 0 ? isRing ? Reads(3) : pid == parent ? TimedPoll : Reads(0) : Futex))],
            Fds = [.. isRing ? RingFds(place) : FamilyFds(parent, member)],
            FdSight = Sight.Seen,
            HasPosixTimers = false,
            HasIoUring = false,
            HasAio = false,
        };
    }

    /// <summary>Pipe n of a family leads from its parent to member n. The parent has all write ends, a member its read end; the rest are files and sockets.</summary>
    private static IEnumerable<FileDescriptor> FamilyFds(int parent, int member)
    {
        for (int fd = 0; fd < Fds; fd++)
        {
            if (member == 0 && fd is > 2 and < 2 + FamilySize)
                yield return Pipe(fd, parent * FamilySize + fd - 2, FdAccess.Write);
            else if (member > 0 && fd == 0)
                yield return Pipe(fd, parent * FamilySize + member, FdAccess.Read);
            else if (fd % 3 == 0)
                yield return new FileDescriptor(fd, FdAccess.ReadWrite, new FdTarget(FdKind.Socket, (ulong)((parent + member) * 100 + fd), "socket")) { CloseOnExec = true };
            else
                yield return new FileDescriptor(fd, FdAccess.Write, FdTarget.Parse("/var/log/worker.log")) { CloseOnExec = true };
        }
    }

    private static IEnumerable<FileDescriptor> RingFds(int place)
    {
        yield return Pipe(3, 1 + place, FdAccess.Read);
        yield return Pipe(4, 1 + (place + 1) % 3, FdAccess.Write);
    }

    private static FileDescriptor Pipe(int fd, int pipe, FdAccess access) => new(fd, access, FdTarget.Parse($"pipe:[{pipe}]")) { CloseOnExec = false };

    private static readonly ThreadRecord
        Futex = new() { Tid = 0, Comm = "pool", State = 'S', Wchan = "futex_do_wait", Call = Call(202, 0x7000, 0x80 | 9, 0, 0) },
        TimedPoll = new()
        {
            Tid = 0, Comm = "worker", State = 'S', Wchan = "poll_schedule_timeout.constprop.0", Call = Call(7, 0x3000, 1, 1000),
            Memory = new CallMemory { PollSet = [new PollMember(3, 4)] },
        };

    private static ThreadRecord Reads(int fd) => new() { Tid = 0, Comm = "worker", State = 'S', Wchan = "anon_pipe_read", Call = Call(0, (ulong)fd, 0x1000, 4096) };

    private static ThreadRecord Thread(int tid, ThreadRecord like) => like with { Tid = tid, Counters = new RunCounters(1000, 1), LastRan = TimeSpan.FromSeconds(900) };

    private static BlockedCall Call(long number, params ulong[] arguments) => new(BlockedCallStatus.InCall, number, [.. arguments, .. new ulong[6 - arguments.Length]]);
}
