using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
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
    DirectoryHandle proc, ReadBuffer buffer, ThreadReader threadReader, FdTableReader fdReader, CommandLines commandLines,
    NamespaceReader namespaces, JobCookieReader jobCookies, FreezerReader freezer, string architecture)
{
    /// <summary>Null for kernel threads, and for what vanished while it was read.</summary>
    internal ProcessRecord? Read(int pid, bool suspect, LookTally tally)
    {
        Sight sight = proc.OpenDirectory(new RelativePath(pid), out DirectoryHandle? directory);
        if (directory is null)
        {
            tally.CountLost(sight);
            return null;
        }
        using (directory)
            return Read(directory, pid, suspect, tally);
    }

    private ProcessRecord? Read(DirectoryHandle directory, int pid, bool suspect, LookTally tally)
    {
        RunCounters? leaderCounters = threadReader.Counters(directory, "schedstat"u8);
        if (ReadStat(directory, tally) is not { IsKernelThread: false } stat)
            return null;
        if (IsZombie(stat))
            return Zombie(stat, directory);

        ThreadList threads = stat.NumThreads == 1
            ? threadReader.ReadSingle(directory, stat, leaderCounters, suspect, tally)
            : threadReader.ReadAll(directory, suspect, tally);

        // A leader that has left by pthread_exit(3) has no files, no exe and no arguments any more; its other threads share them.
        int? living = stat.State is 'Z' or 'X' && !threads.Records.IsEmpty ? threads.Records[0].Tid : null;
        bool waitsOnSet = threads.Records.Any(threadReader.NamesObjects);
        (ImmutableArray<FileDescriptor> fds, Sight fdSight) = fdReader.Read(directory, living, suspect, waitsOnSet, threadReader.EpollsWaitedOn(threads.Records));
        string? exe = ReadExe(directory, living);
        ImmutableArray<string>? cmdline = commandLines.Get(directory, living, stat, exe, mayRead: threads.Records.All(t => t.State != 'D'));
        StatusFile status = ReadStatus(directory);
        string? cgroup = directory.Read("cgroup"u8, buffer, out ReadOnlySpan<byte> text) == Sight.Seen ? CgroupFile.Parse(text) : null;
        string? container = cgroup is null ? null : CgroupFile.Container(text);
        bool? timers = suspect && directory.Read("timers"u8, buffer, out text) == Sight.Seen ? TimersFile.Parse(text) : null;
        NamespaceSet namespaceSet = namespaces.Get(directory, living, stat, exe, suspect);
        ImmutableArray<JobCookie>? cookies = jobCookies.Get(directory, living, stat, exe, mayRead: threads.Records.All(t => t.State != 'D'));
        bool? frozen = suspect ? freezer.IsFrozen(cgroup) : null;
        if (suspect)
            fds = BlockedSockets.WithTimeouts(pid, architecture, threads.Records, fds);

        if (suspect)
            threads = threads with { Records = threadReader.MarkThoseThatRan(directory, threads.Records) };
        if (ReadStat(directory, tally) is not { } after)
            return null;
        if (after.StartTimeTicks != stat.StartTimeTicks)
        {
            tally.Vanished++;
            return null;
        }
        if (IsZombie(after))
            return Zombie(after, directory);
        if (fdSight == Sight.Denied)
            tally.FdTablesDenied++;
        return new ProcessRecord
        {
            Pid = pid,
            StartTimeTicks = stat.StartTimeTicks,
            Ppid = after.Ppid,
            Pgrp = after.Pgrp,
            Session = after.Session,
            TtyNr = after.TtyNr,
            Comm = after.Comm,
            State = stat.State,
            Uid = status.Uid,
            TracerPid = status.TracerPid,
            NsPid = status.NsPid == 0 ? pid : status.NsPid,
            SignalsIgnored = status.SignalsIgnored,
            SignalsCaught = status.SignalsCaught,
            SignalsPending = status.SignalsPending,
            Cmdline = cmdline,
            Exe = exe,
            Cgroup = cgroup,
            ContainerId = container,
            Frozen = frozen,
            Namespaces = namespaceSet,
            JobCookies = cookies,
            CpuTicks = after.CpuTicks,
            Threads = threads.Records,
            ThreadsComplete = threads.Complete && after.NumThreads == threads.Listed,
            Fds = fds,
            FdSight = fdSight,
            HasPosixTimers = timers,
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
