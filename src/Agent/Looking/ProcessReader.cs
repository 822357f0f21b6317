using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Reads one process. What happens on an error depends on the file: where stat is gone the process has vanished; where another
/// file is denied that field stays empty and the denial is counted. What is as it was read before is the same object.
/// </summary>
/// <remarks>
/// The counters of all threads are read before anything else of them. A thread whose counters are the same at the next
/// look did not run in between, so what was read here of it and of its fd table was true at one instant. Everything is read through one open
/// directory: a process that was given the pid of another in between cannot get into the picture.
/// </remarks>
internal sealed class ProcessReader(
    DirectoryHandle proc, ReadBuffer buffer, ThreadReader threadReader, FdTableReader fdReader, RiskyParts parts, ExecGuard execGuard, NamespaceReader namespaces,
    FreezerReader freezer, TextPool texts, string architecture)
    : IDisposable
{
    private readonly DirectoryHandle _directory = DirectoryHandle.Closed();

    // The command name points into it while the other files are read.
    private readonly ReadBuffer _statText = new(1024);

    /// <summary>Null for kernel threads, and for what vanished while it was read.</summary>
    internal ProcessRecord? Read(TrackedProcess process, ReadPlan plan, LookTally tally)
    {
        Sight sight = _directory.Reopen(proc, new RelativePath(process.Pid));
        if (sight != Sight.Seen)
        {
            tally.CountLost(sight);
            return null;
        }
        ProcessRecord? record = ReadOpened(process, plan, tally);
        _directory.Dispose();
        return record;
    }

    /// <summary>Of a process none of whose threads has run: who its parent is now, where the one that it had has left. Null: it is gone.</summary>
    internal ProcessRecord? WithNewParent(ProcessRecord record)
    {
        if (_directory.Reopen(proc, new RelativePath(record.Pid)) != Sight.Seen)
            return null;
        bool read = TryReadStat(null, out StatFile stat);
        _directory.Dispose();
        return !read || stat.StartTimeTicks != record.StartTimeTicks ? null
            : stat.Ppid == record.Ppid ? record
            : record with { Ppid = stat.Ppid };
    }

    /// <summary>With the fd tables that its threads have to themselves, of one that is no suspect; which of them run, or may not be read, has none. Null: it is gone.</summary>
    internal ProcessRecord? WithOwnTables(ProcessRecord record)
    {
        if (_directory.Reopen(proc, new RelativePath(record.Pid)) != Sight.Seen)
            return null;
        ProcessRecord? whole = TryReadStat(null, out StatFile stat) && stat.StartTimeTicks == record.StartTimeTicks
            ? record with { Threads = WithOwnTables(record.Pid, record.Threads) } : null;
        _directory.Dispose();
        return whole;
    }

    public void Dispose() => _directory.Dispose();

    private ProcessRecord? ReadOpened(TrackedProcess process, ReadPlan plan, LookTally tally)
    {
        bool stood = plan is { Stood: true, Suspect: false, Check: false, Before.MemoryBlocked: false } && threadReader.StillBlocked(_directory, plan.Before);
        RunCounters? leaderCounters = stood ? null : threadReader.LeaderCounters(process, _directory);
        // Who has not run since it was read is not in the middle of an execve, or was found to be.
        if ((!plan.Stood || plan.Before is { MemoryBlocked: true }) && execGuard.Blocks(_directory, process.Pid, leaderCounters, plan.Before) is { } stuck)
            return stuck;
        if (!TryReadStat(tally, out StatFile stat))
            return null;
        if (stat.IsKernelThread)
        {
            process.IsKernelThread = true;
            return null;
        }
        if (plan.Before?.StartTimeTicks != stat.StartTimeTicks)
            plan = plan with { Before = null, Stood = false };
        if (stat.IsZombie)
            return Zombie(stat, plan.Before);

        ThreadList threads = stood && plan.Before is { } still ? new ThreadList(ThreadReader.WithoutCostly(still.Threads), stat.NumThreads, still.ThreadsComplete)
            : stat.NumThreads == 1
            ? threadReader.ReadSingle(process, _directory, stat, leaderCounters, plan, tally)
            : threadReader.ReadAll(process, _directory, plan, tally);

        // A leader that has left by pthread_exit(3) has no files, no exe and no arguments any more; its other threads share them.
        int? living = stat.State is 'Z' or 'X' && !threads.Records.IsEmpty ? threads.Records[0].Tid : null;
        var wanted = new FdTableReader.Wanted(plan.Suspect, threadReader.NamesObjects(threads.Records), threadReader.EpollsWaitedOn(threads.Records), plan.Stood, threadReader.KeptFilesIn(process.Pid));
        (ImmutableArray<FileDescriptor> fds, Sight fdSight) = fdReader.Read(_directory, living, plan.Before?.Fds ?? [], wanted);
        if (fdSight == Sight.Denied)
            tally.FdTablesDenied++;
        if (threads.Records.Length > 1 && fdSight == Sight.Seen && (plan.Suspect || threadReader.AnyNamesAnUnknownFd(threads.Records, fds)))
            threads = threads with { Records = WithOwnTables(process.Pid, threads.Records) };
        if (plan.Suspect)
            fds = CallTimeouts.Added(process.Pid, architecture, threads.Records, fds);

        bool? timers = plan.Suspect && _directory.Read("timers"u8, buffer, out ReadOnlySpan<byte> text) == Sight.Seen ? TimersFile.Parse(text) : null;
        var read = new Parts(threads.Records, threads.Complete && stat.NumThreads == threads.Listed, fds, fdSight, timers);
        ProcessRecord record = WithFacts(process, stat, plan, living, read);
        parts.Want(process, record, living, plan);
        return plan.Suspect ? StillTheSame(parts.FinishLast(process, record, tally), threads.Listed, tally) : record;
    }

    /// <summary>With the fd tables of those threads that have their own. kcmp(2) waits for an execve to end: who sleeps in another call is in none.</summary>
    private ImmutableArray<ThreadRecord> WithOwnTables(int pid, ImmutableArray<ThreadRecord> threads)
    {
        ThreadRecord? leader = threads.FirstOrDefault(thread => thread.Tid == pid);
        if (leader is null || !ThreadReader.Sleeps(leader))
            return threads;
        return [.. threads.Select(thread =>
            thread != leader && ThreadReader.Sleeps(thread) && Kcmp.Tables(pid, thread.Tid) is not (0 or null)
            && fdReader.Read(_directory, thread.Tid, thread.Fds ?? [], new FdTableReader.Wanted(true, true, NoEpolls, false)) is { Sight: Sight.Seen } own
                ? thread with { Fds = own.Fds }
                : thread.Fds is null ? thread : thread with { Fds = null })];
    }

    private static readonly HashSet<int> NoEpolls = [];

    private readonly record struct Parts(ImmutableArray<ThreadRecord> Threads, bool ThreadsComplete, ImmutableArray<FileDescriptor> Fds, Sight FdSight, bool? HasPosixTimers);

    /// <summary>For suspects: what changed while it was read.</summary>
    private ProcessRecord? StillTheSame(ProcessRecord record, int listed, LookTally tally)
    {
        record = record with { Threads = threadReader.MarkThoseThatRan(_directory, record.Threads) };
        if (!TryReadStat(tally, out StatFile after))
            return null;
        if (after.IsZombie)
            return Zombie(after, null);
        return record with { Ppid = after.Ppid, Pgrp = after.Pgrp, Session = after.Session, ThreadsComplete = record.ThreadsComplete && after.NumThreads == listed };
    }

    /// <summary>The record of before where nothing differs.</summary>
    private ProcessRecord WithFacts(TrackedProcess process, StatFile stat, ReadPlan plan, int? living, Parts read)
    {
        ProcessRecord? before = plan.Before;
        int pid = process.Pid;
        string comm = texts.Get(stat.Comm, before?.Comm);
        // What only execve(2) or the process itself changes is as it was, where nothing of it has run.
        bool known = before is not null && plan.Stood && !plan.Check && !plan.Suspect;
        string? exe = known ? before!.Exe
            : _directory.ReadLink(RelativePath.OfProcess(living, "exe"u8), buffer, out ReadOnlySpan<byte> target) == Sight.Seen ? texts.Get(target, before?.Exe) : null;
        ExecFacts exec = process.ExecOf(comm, exe, leaderLeft: living is not null);
        NamespaceSet inNamespaces = exec.Namespaces = plan.Suspect || exec.Namespaces is null ? namespaces.Read(_directory, living) : exec.Namespaces;
        StatusFile status = known ? StatusOf(before!) : ReadStatus();
        // Others may move it to another group: a self-check finds it.
        (string? cgroup, string? container) = before is not null && !plan.Check && !plan.Suspect ? (before.Cgroup, before.ContainerId)
            : !plan.Origin && !plan.Suspect ? (null, null)
            : Cgroups.Read(_directory, buffer, texts, before);
        bool? frozen = plan.Suspect ? freezer.IsFrozen(cgroup) : null;
        int nsPid = status.NsPid == 0 ? pid : status.NsPid;
        int? stopSignal = StopSignals.Of(stat, plan);
        // What is mapped, only its own threads change.
        (bool? rings, bool? aio) = plan.Stood ? (before?.HasIoUring, before?.HasAio) : (null, null);
        if (before is not null && before.Ppid == stat.Ppid && before.Pgrp == stat.Pgrp && before.Session == stat.Session && before.TtyNr == stat.TtyNr
            && before.Comm == comm && before.State == stat.State && before.StopSignal == stopSignal && before.ExitSignal == stat.ExitSignal && before.Uid == status.Uid && before.TracerPid == status.TracerPid
            && before.NsPid == nsPid && before.SignalsIgnored == status.SignalsIgnored && before.SignalsCaught == status.SignalsCaught
            && before.SignalsPending == status.SignalsPending && before.Cmdline == exec.Arguments && before.JobCookies == exec.JobCookies && before.Namespaces == inNamespaces
            && before.Exe == exe && before.Cgroup == cgroup && before.ContainerId == container && before.Frozen == frozen && before.CpuTicks == stat.CpuTicks
            && before.HasIoUring == rings && before.HasAio == aio && before is { Behind: false, SharesMemoryWith.IsEmpty: true, SharesFilesWith: null, HasAlarm: null, IsSubreaper: null, IsAdopted: null, HasDescriptorsInFlight: null, HasParentDeathSignal: null }
            && before.Threads == read.Threads && before.ThreadsComplete == read.ThreadsComplete && before.Fds == read.Fds
            && before.FdSight == read.FdSight && before.HasPosixTimers == read.HasPosixTimers)
            return before;
        return new ProcessRecord
        {
            Pid = pid,
            StartTimeTicks = stat.StartTimeTicks,
            Ppid = stat.Ppid,
            Pgrp = stat.Pgrp,
            Session = stat.Session,
            TtyNr = stat.TtyNr,
            Comm = comm,
            State = stat.State,
            StopSignal = stopSignal,
            ExitSignal = stat.ExitSignal,
            Uid = status.Uid,
            TracerPid = status.TracerPid,
            NsPid = nsPid,
            SignalsIgnored = status.SignalsIgnored,
            SignalsCaught = status.SignalsCaught,
            SignalsPending = status.SignalsPending,
            Cmdline = exec.Arguments,
            Exe = exe,
            Cgroup = cgroup,
            ContainerId = container,
            Frozen = frozen,
            Namespaces = inNamespaces,
            JobCookies = exec.JobCookies,
            CpuTicks = stat.CpuTicks,
            Threads = read.Threads,
            ThreadsComplete = read.ThreadsComplete,
            Fds = read.Fds,
            FdSight = read.FdSight,
            HasPosixTimers = read.HasPosixTimers,
            HasIoUring = rings,
            HasAio = aio,
            MemoryBlocked = before?.MemoryBlocked ?? false,
        };
    }

    private ProcessRecord Zombie(StatFile stat, ProcessRecord? before)
    {
        if (before is { IsZombie: true } && before.Ppid == stat.Ppid && before.State == stat.State && before.CpuTicks == stat.CpuTicks)
            return before;
        StatusFile status = ReadStatus();
        return new ProcessRecord
        {
            Pid = stat.Pid,
            StartTimeTicks = stat.StartTimeTicks,
            Ppid = stat.Ppid,
            Pgrp = stat.Pgrp,
            Session = stat.Session,
            TtyNr = stat.TtyNr,
            Comm = texts.Get(stat.Comm),
            State = stat.State,
            Uid = status.Uid,
            TracerPid = status.TracerPid,
            NsPid = status.NsPid == 0 ? stat.Pid : status.NsPid,
            Cmdline = [],
            CpuTicks = stat.CpuTicks,
            ExitedAt = threadReader.LastRanOf(_directory, null),
            Threads = [],
            Fds = [],
            FdSight = Sight.Seen,
        };
    }

    /// <summary>Counts what is lost with it.</summary>
    private bool TryReadStat(LookTally? tally, out StatFile stat)
    {
        Sight sight = _directory.Read("stat"u8, _statText, out ReadOnlySpan<byte> text);
        if (sight == Sight.Seen && StatFile.TryParse(text, out stat))
            return true;
        tally?.CountLost(sight);
        stat = default;
        return false;
    }

    private static StatusFile StatusOf(ProcessRecord record) =>
        new(record.Uid, record.TracerPid, record.NsPid, record.SignalsIgnored, record.SignalsCaught) { SignalsPending = record.SignalsPending };

    /// <summary>(uid_t)-1, the kernel's "no user", where status cannot be read.</summary>
    private StatusFile ReadStatus() =>
        _directory.Read("status"u8, buffer, out ReadOnlySpan<byte> text) == Sight.Seen && StatusFile.TryParse(text, out StatusFile status)
            ? status
            : new StatusFile(uint.MaxValue, 0, 0, 0, 0);
}
