using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Keeps the look away from a process that is stuck in execve(2). Between the old program and the new one the kernel closes files, which a dead FUSE
/// server may never let it finish, and frees the old memory, with exec_update_lock held. For that lock wait syscall, stack, io, kcmp(2) and
/// process_vm_readv(2), and on kernels that check ptrace access under it also stat, wchan and every link (exe, cwd, fd/N).
/// comm, status, statm, schedstat, sched, cgroup, timers and the names in fd/ and task/ do not.
/// </summary>
/// <remarks>
/// statm tells, without a lock, that a process is between two programs. One that enters that state after it was asked, and before the rest of it is
/// read, is not caught: some microseconds, of a process that must never come out of its execve.
/// </remarks>
internal sealed class ExecGuard(ReadBuffer buffer, RiskyReads risky)
{
    internal bool IsBetweenPrograms(DirectoryHandle directory) =>
        directory.Read("statm"u8, buffer, out ReadOnlySpan<byte> text) == Sight.Seen && StatmFile.IsBetweenPrograms(text);

    /// <summary>Null: nothing is in the way of reading it. Else all that can be said of it without waiting.</summary>
    /// <param name="counters">Of the leader, which is the only thread: execve has ended the others.</param>
    /// <param name="before">What the last look made of a process with this pid, if any: execve changes neither pid nor starttime.</param>
    internal ProcessRecord? Blocks(DirectoryHandle directory, int pid, RunCounters? counters, ProcessRecord? before)
    {
        if (!IsBetweenPrograms(directory)
            || directory.Read("status"u8, buffer, out ReadOnlySpan<byte> text) != Sight.Seen
            || !StatusFile.TryParse(text, out StatusFile status)
            || !StatusIdentity.TryParse(text, out StatusIdentity identity))
            return null;
        // No starttime without stat. A process of the same number and parent at the last look is taken for the same one.
        ulong started = before is not null && before.Ppid == identity.Ppid ? before.StartTimeTicks : 0;
        var key = new ProcessKey(pid, started);
        ulong moved = counters is { } ran ? ran.RunTimeNs + ran.Timeslices : 0;
        Sight sight = risky.Ask(key, moved, new RiskyRead(RiskyReadKind.Stat, pid, 0, 4096, 0), identity.State != 'D', out _);
        // It came out of it meanwhile, or it is a program without text that is read like any other.
        if (sight is Sight.Seen or Sight.Gone or Sight.Denied)
            return null;
        string comm = directory.Read("comm"u8, buffer, out text) == Sight.Seen ? Encoding.UTF8.GetString(text.TrimEnd((byte)'\n')) : before?.Comm ?? "?";
        return new ProcessRecord
        {
            Pid = pid,
            StartTimeTicks = started,
            Ppid = identity.Ppid,
            Pgrp = identity.Pgrp,
            Session = identity.Session,
            Comm = comm,
            State = identity.State,
            Uid = status.Uid,
            TracerPid = status.TracerPid,
            NsPid = status.NsPid == 0 ? pid : status.NsPid,
            SignalsIgnored = status.SignalsIgnored,
            SignalsCaught = status.SignalsCaught,
            Threads = [new ThreadRecord { Tid = pid, Comm = comm, State = identity.State, Counters = counters, Call = BlockedCall.Unreadable }],
            Fds = [],
            FdSight = Sight.Abandoned,
            MemoryBlocked = true,
        };
    }
}
