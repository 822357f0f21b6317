using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Processes of a host on which nothing happens: 23 fds each, half of them pipe ends that two share; every other one reads a pipe whose writer sleeps.</summary>
internal static class IdleHost
{
    private const int FirstPid = 1000, Fds = 23;

    public static ImmutableArray<ProcessRecord> Processes(int count) => [.. Enumerable.Range(0, count).Select(Of)];

    private static ProcessRecord Of(int index)
    {
        int pid = FirstPid + index, pair = index / 2;
        bool reads = index % 2 == 0;
        return new ProcessRecord
        {
            Pid = pid,
            StartTimeTicks = (ulong)pid,
            Ppid = reads ? 1 : pid - 1,
            Pgrp = pid - index % 2,
            Session = 50,
            Comm = reads ? "reader" : "writer",
            State = 'S',
            Uid = 1000,
            NsPid = pid,
            SignalsCaught = 1UL << 16,
            Cmdline = ["/usr/bin/idle"],
            Threads = [.. Enumerable.Range(0, 2 + pair % 2).Select(thread => Thread(pid, thread, reads))],
            Fds = [.. Enumerable.Range(0, Fds).Select(fd => Fd(fd, index, reads))],
            FdSight = Sight.Seen,
            HasPosixTimers = false,
        };
    }

    private static ThreadRecord Thread(int pid, int thread, bool reads)
    {
        (long call, string wchan, ulong[] arguments) = !reads ? (230, "hrtimer_nanosleep", [1UL, 0, 0x2000, 0, 0, 0])
            : thread == 0 ? (0L, "anon_pipe_read", new ulong[] { 3, 0x1000, 4096, 0, 0, 0 })
            : (202, "futex_do_wait", [0x7000, 0x80 | 9, 0, 0, 0, 0]);
        return new ThreadRecord
        {
            Tid = pid * 4 + thread,
            Comm = "thread",
            State = 'S',
            Counters = new RunCounters(1000, 1),
            Wchan = wchan,
            Call = new BlockedCall(BlockedCallStatus.InCall, call, [.. arguments]),
        };
    }

    private static FileDescriptor Fd(int fd, int index, bool reads) => fd % 2 == 0
        ? new FileDescriptor(fd, FdAccess.ReadWrite, FdTarget.Parse(fd < 3 ? "/dev/null" : $"socket:[{10_000_000 + index * Fds + fd}]"))
        : new FileDescriptor(fd, reads ? FdAccess.Read : FdAccess.Write, FdTarget.Parse($"pipe:[{index / 2 * Fds + fd}]"));
}
