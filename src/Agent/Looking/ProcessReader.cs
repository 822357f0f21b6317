using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Reads one process. What happens on an error depends on the file: where stat is gone the process has vanished; where another
/// file is denied that field stays empty and the denial is counted.
/// </summary>
/// <remarks>
/// The counters of all threads are read before anything else of the process. A thread whose counters are the same at the next
/// look did not run in between, so what was read here of it and of its fd table was true at one instant.
/// </remarks>
internal sealed class ProcessReader(
    DirectoryHandle proc, ReadBuffer buffer, ThreadReader threadReader, FdTableReader fdReader, CommandLines commandLines, RiskyReads risky)
{
    private readonly ExecGuard _execGuard = new(buffer, risky);

    /// <summary>
    /// Reads what does not block and queues the rest, for <see cref="Finish"/>. Null for kernel threads, and for what vanished while it was read.
    /// </summary>
    /// <param name="before">What the last look made of a process with this pid, if any.</param>
    internal PendingProcess? Begin(int pid, bool suspect, ProcessRecord? before, LookTally tally)
    {
        Sight sight = proc.OpenDirectory(new RelativePath(pid), out DirectoryHandle? directory);
        if (directory is null)
        {
            tally.CountLost(sight);
            return null;
        }
        PendingProcess? pending = Begin(directory, pid, suspect, before, tally);
        if (pending is null)
            directory.Dispose();
        return pending;
    }

    private PendingProcess? Begin(DirectoryHandle directory, int pid, bool suspect, ProcessRecord? before, LookTally tally)
    {
        RunCounters? leaderCounters = threadReader.Counters(directory, "schedstat"u8);
        if (_execGuard.Blocks(directory, pid, leaderCounters, before) is { } stuck)
            return new PendingProcess { Directory = directory, Known = stuck };
        if (ReadStat(directory, tally) is not { IsKernelThread: false } stat)
            return null;
        if (IsZombie(stat))
            return new PendingProcess { Directory = directory, Known = Zombie(stat, directory) };

        ThreadList threads = stat.NumThreads == 1
            ? threadReader.ReadSingle(directory, stat, leaderCounters, suspect, tally)
            : threadReader.ReadAll(directory, suspect, tally);
        var key = new ProcessKey(pid, stat.StartTimeTicks);
        ulong moved = ThreadReader.Moved(threads.Records);
        bool asleep = threads.Records.All(thread => thread.State != 'D');

        // A leader that has left by pthread_exit(3) has no files, no exe and no arguments any more; its other threads share them.
        int? living = stat.State is 'Z' or 'X' && !threads.Records.IsEmpty ? threads.Records[0].Tid : null;
        bool waitsOnSet = threads.Records.Any(threadReader.NamesObjects);
        FdTable fds = fdReader.Read(directory, key, living, suspect, waitsOnSet, threadReader.EpollsWaitedOn(threads.Records), moved, asleep);
        string? exe = ReadExe(directory, living);
        return new PendingProcess
        {
            Directory = directory,
            Stat = stat,
            Threads = threads,
            Fds = fds,
            Exe = exe,
            Suspect = suspect,
            Memory = threadReader.WantMemory(key, threads.Records, moved, asleep),
            CommandLine = commandLines.Want(living, stat, exe, moved, asleep),
        };
    }

    /// <summary>After <see cref="RiskyReads.Run"/>. Null: it vanished meanwhile, and what was read by its number may be another's.</summary>
    internal ProcessRecord? Finish(PendingProcess pending, LookTally tally)
    {
        using DirectoryHandle directory = pending.Directory;
        if (pending.Known is { } known)
        {
            if (known.MemoryBlocked)
                tally.Abandoned++;
            return known;
        }
        StatFile stat = pending.Stat!;
        StatusFile status = ReadStatus(directory);
        string? cgroup = directory.Read("cgroup"u8, buffer, out ReadOnlySpan<byte> text) == Sight.Seen ? CgroupFile.Parse(text) : null;
        bool? timers = pending.Suspect && directory.Read("timers"u8, buffer, out text) == Sight.Seen ? TimersFile.Parse(text) : null;
        ImmutableArray<string>? cmdline = commandLines.Take(pending.CommandLine, out Sight cmdlineSight);
        ImmutableArray<FileDescriptor> fds = fdReader.Finish(pending.Fds!);
        ThreadList threads = pending.Threads!;
        ImmutableArray<ThreadRecord> records = threadReader.TakeMemory(threads.Records, pending.Memory, tally);

        if (pending.Suspect)
            records = threadReader.MarkThoseThatRan(directory, records);
        if (ReadStat(directory, tally) is not { } after)
            return null;
        if (after.StartTimeTicks != stat.StartTimeTicks)
        {
            tally.Vanished++;
            return null;
        }
        if (IsZombie(after))
            return Zombie(after, directory);
        if (pending.Fds!.Sight == Sight.Denied)
            tally.FdTablesDenied++;
        if (cmdlineSight == Sight.Failed)
            tally.Failed++;
        bool blocked = risky.IsBlocked(new ProcessKey(stat.Pid, stat.StartTimeTicks));
        if (blocked)
            tally.Abandoned++;
        return new ProcessRecord
        {
            Pid = stat.Pid,
            StartTimeTicks = stat.StartTimeTicks,
            Ppid = after.Ppid,
            Pgrp = after.Pgrp,
            Session = after.Session,
            TtyNr = after.TtyNr,
            Comm = after.Comm,
            State = stat.State,
            Uid = status.Uid,
            TracerPid = status.TracerPid,
            NsPid = status.NsPid == 0 ? stat.Pid : status.NsPid,
            SignalsIgnored = status.SignalsIgnored,
            SignalsCaught = status.SignalsCaught,
            Cmdline = cmdline,
            Exe = pending.Exe,
            Cgroup = cgroup,
            CpuTicks = after.CpuTicks,
            Threads = records,
            ThreadsComplete = threads.Complete && after.NumThreads == threads.Listed,
            Fds = fds,
            FdSight = pending.Fds.Sight,
            HasPosixTimers = timers,
            MemoryBlocked = blocked,
        };
    }

    /// <summary>A dead leader with living threads is shown as Z too, but it is no zombie yet.</summary>
    private static bool IsZombie(StatFile stat) => stat.State is 'Z' or 'X' && stat.NumThreads <= 1;

    private ProcessRecord Zombie(StatFile stat, DirectoryHandle directory)
    {
        StatusFile status = ReadStatus(directory);
        return new ProcessRecord
        {
            Pid = stat.Pid,
            StartTimeTicks = stat.StartTimeTicks,
            Ppid = stat.Ppid,
            Pgrp = stat.Pgrp,
            Session = stat.Session,
            TtyNr = stat.TtyNr,
            Comm = stat.Comm,
            State = stat.State,
            Uid = status.Uid,
            TracerPid = status.TracerPid,
            NsPid = status.NsPid == 0 ? stat.Pid : status.NsPid,
            Cmdline = [],
            CpuTicks = stat.CpuTicks,
            Threads = [],
            Fds = [],
            FdSight = Sight.Seen,
        };
    }

    private StatFile? ReadStat(DirectoryHandle directory, LookTally tally)
    {
        Sight sight = directory.Read("stat"u8, buffer, out ReadOnlySpan<byte> text);
        if (sight == Sight.Seen && StatFile.TryParse(text, out StatFile? stat))
            return stat;
        tally.CountLost(sight);
        return null;
    }

    /// <summary>(uid_t)-1, the kernel's "no user", where status cannot be read.</summary>
    private StatusFile ReadStatus(DirectoryHandle directory) =>
        directory.Read("status"u8, buffer, out ReadOnlySpan<byte> text) == Sight.Seen && StatusFile.TryParse(text, out StatusFile status)
            ? status
            : new StatusFile(uint.MaxValue, 0, 0, 0, 0);

    private string? ReadExe(DirectoryHandle directory, int? living) =>
        directory.ReadLink(RelativePath.OfProcess(living, "exe"u8), buffer, out ReadOnlySpan<byte> target) == Sight.Seen
            ? System.Text.Encoding.UTF8.GetString(target)
            : null;
}
