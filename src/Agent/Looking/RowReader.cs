using System.Collections.Immutable;
using OrphanBoard.Agent.Bpf;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>From the rows of a kernel pass to the record that /proc would have given; what is as it was before is the same object.</summary>
internal sealed class RowReader(DirectoryHandle proc, ReadBuffer buffer, ThreadRows threads, FdRows fds, KnownLinks links, SuspectRows suspects, RiskyParts parts, ExecGuard execGuard, NamespaceReader namespaces, TextPool texts, int ticksPerSecond)
    : IDisposable
{
    private readonly ProcessDirectory _directory = new(proc, execGuard);
    private (ulong Id, string? Cgroup, string? Container, bool Twice) _cgroup;

    internal ProcessRecord Read(TrackedProcess process, in ProcessRow row, BpfSweep sweep, ReadPlan plan)
    {
        if ((row.Flags & ProcessFlags.Zombie) != 0)
            return Zombie(row, plan.Before);
        if (plan.Before?.StartTimeTicks != row.StartBoottimeNs / TickNs)
            plan = plan with { Before = null, Stood = false };
        bool mayExecute = !plan.Stood || plan.Before is { MemoryBlocked: true };
        ProcessRecord? record = null;
        if (mayExecute && (row.Flags & ProcessFlags.WithoutProgram) != 0)
        {
            _directory.Begin(row.Pid, guarded: false);
            record = Stuck(row, sweep, plan);
            _directory.End();
        }
        if (record is not null)
            return record;
        _directory.Begin(row.Pid, mayExecute);
        record = ReadLiving(process, row, sweep, plan);
        if (_directory.IsBarred)
        {
            parts.Drop(process);
            _directory.Begin(row.Pid, guarded: false);
            // Or it came out of it meanwhile: what was taken for unreadable is read.
            record = Stuck(row, sweep, plan) ?? ReadLiving(process, row, sweep, plan with { Before = null });
        }
        _directory.End();
        return record;
    }

    /// <summary>The same of a suspect. Null: /proc has to tell everything.</summary>
    internal ProcessRecord? ReadSuspect(TrackedProcess process, in ProcessRow row, BpfSweep sweep, ReadPlan plan, LookTally tally)
    {
        if (!suspects.AreEnough(row))
            return null;
        if (plan.Before?.StartTimeTicks != row.StartBoottimeNs / TickNs)
            plan = plan with { Before = null, Stood = false };
        _directory.Begin(row.Pid, guarded: !plan.Stood || plan.Before is { MemoryBlocked: true });
        ProcessRecord record = ReadRows(process, row, sweep, plan, living: null);
        ProcessRecord? whole = _directory.Handle is var handle && _directory.IsBarred ? null : suspects.Complete(process, record, row, sweep, handle, plan, tally);
        _directory.End();
        return whole;
    }

    private ProcessRecord? Stuck(in ProcessRow row, BpfSweep sweep, ReadPlan plan)
    {
        ReadOnlySpan<TaskRow> tasks = sweep.TasksOf(row);
        return execGuard.Blocks(_directory.Handle, row.Pid, tasks.IsEmpty ? null : new RunCounters(tasks[0].RunTimeNs, tasks[0].Timeslices), plan.Before);
    }

    private ProcessRecord ReadLiving(TrackedProcess process, in ProcessRow row, BpfSweep sweep, ReadPlan plan)
    {
        int? living = (row.Flags & ProcessFlags.LeaderExited) != 0 ? FirstLiving(sweep.TasksOf(row)) : null;
        ProcessRecord record = ReadRows(process, row, sweep, plan, living);
        parts.Want(process, record, living, plan);
        return record;
    }

    private ProcessRecord ReadRows(TrackedProcess process, in ProcessRow row, BpfSweep sweep, ReadPlan plan, int? living)
    {
        ImmutableArray<ThreadRecord> records = threads.Read(_directory, sweep.TasksOf(row), plan);
        ImmutableArray<FileDescriptor> table = fds.Read(_directory, living, process, sweep.FdsOf(row), plan, records);
        return WithFacts(process, row, plan, living, records, row.TaskCount == row.ThreadCount, table);
    }

    private static int? FirstLiving(ReadOnlySpan<TaskRow> tasks)
    {
        foreach (ref readonly TaskRow task in tasks)
        {
            if (task.State is not ((byte)'Z' or (byte)'X'))
                return task.Tid;
        }
        return null;
    }

    /// <summary>The kernel program was loaded anew: what it calls things by is different from now on.</summary>
    internal void Forget() => threads.Forget();

    internal void BeginLook()
    {
        links.BeginLook();
        _cgroup = default;
    }

    public void Dispose() => _directory.Dispose();

    private ProcessRecord WithFacts(
        TrackedProcess process, in ProcessRow row, ReadPlan plan, int? living, ImmutableArray<ThreadRecord> records, bool complete, ImmutableArray<FileDescriptor> table)
    {
        ProcessRecord? before = plan.Before;
        string comm = texts.Get(row.Comm, before?.Comm);
        bool executed = before is null || process.ExecId != row.ExecId;
        if (executed)
            process.OfExec = null;
        string? exe = before is not null && !executed && !plan.Check && !plan.Suspect ? before.Exe
            : ReadExe(row, living, before?.Exe);
        ExecFacts exec = process.ExecOf(comm, exe, leaderLeft: living is not null);
        // A dead leader is in none any more.
        NamespaceSet inNamespaces = exec.Namespaces = row.NetNamespace == 0 ? exec.Namespaces ?? namespaces.Read(_directory.Handle, living)
            : IsIn(exec.Namespaces, row) ? exec.Namespaces!
            : namespaces.One(new NamespaceSet(row.PidNamespace, row.NetNamespace, row.IpcNamespace, row.MountNamespace, row.UserNamespace));
        (string? cgroup, string? container) = before is not null && process.CgroupId == row.CgroupId && !plan.Check && !(plan.Suspect && before.Cgroup is null)
            ? (before.Cgroup, before.ContainerId)
            : !plan.Origin && !plan.Suspect ? (null, null)
            : ReadCgroup(row, before);
        (process.ExecId, process.CgroupId) = (row.ExecId, row.CgroupId);
        ulong cpuTicks = row.CpuNs / TickNs;
        int? stopSignal = StopSignals.Of((char)row.State, _directory, buffer, plan), exitSignal = StatFile.ExitSignalOf(row.ExitSignal);
        if (before is not null && before.Ppid == row.Ppid && before.Pgrp == row.Pgrp && before.Session == row.Session && before.TtyNr == row.TtyNr
            && before.Comm == comm && before.State == (char)row.State && before.StopSignal == stopSignal && before.ExitSignal == exitSignal && before.Uid == row.Uid && before.TracerPid == row.TracerPid && before.NsPid == row.NsPid
            && before.SignalsIgnored == row.SignalsIgnored && before.SignalsCaught == row.SignalsCaught && before.SignalsPending == row.SignalsPending
            && before.Cmdline == exec.Arguments && before.JobCookies == exec.JobCookies && before.Namespaces == inNamespaces && before.Exe == exe
            && before.Cgroup == cgroup && before.ContainerId == container && before.CpuTicks == cpuTicks && before.IsAdopted == IsAdopted(row) && before is { Behind: false, SharesMemoryWith.IsEmpty: true, SharesFilesWith: null, HasPosixTimers: null, HasAlarm: null, IsSubreaper: null, HasDescriptorsInFlight: null, HasParentDeathSignal: null, Frozen: null }
            && before.Threads == records && before.ThreadsComplete == complete && before.Fds == table && before.FdSight == Sight.Seen)
            return before;
        return new ProcessRecord
        {
            Pid = row.Pid,
            StartTimeTicks = row.StartBoottimeNs / TickNs,
            Ppid = row.Ppid,
            Pgrp = row.Pgrp,
            Session = row.Session,
            TtyNr = row.TtyNr,
            Comm = comm,
            State = (char)row.State,
            StopSignal = stopSignal,
            ExitSignal = exitSignal,
            Uid = row.Uid,
            TracerPid = row.TracerPid,
            NsPid = row.NsPid,
            IsAdopted = IsAdopted(row),
            SignalsIgnored = row.SignalsIgnored,
            SignalsCaught = row.SignalsCaught,
            SignalsPending = row.SignalsPending,
            Cmdline = exec.Arguments,
            Exe = exe,
            Cgroup = cgroup,
            ContainerId = container,
            Namespaces = inNamespaces,
            JobCookies = exec.JobCookies,
            MemoryBlocked = before?.MemoryBlocked ?? false,
            CpuTicks = cpuTicks,
            Threads = records,
            ThreadsComplete = complete,
            Fds = table,
            FdSight = Sight.Seen,
        };
    }

    /// <summary>Whoever is in the same set of cgroups shows the same; two tell what all show, as with <see cref="KnownLinks"/>.</summary>
    private (string? Cgroup, string? Container) ReadCgroup(in ProcessRow row, ProcessRecord? before)
    {
        bool same = _cgroup.Id == row.CgroupId && row.CgroupId != 0;
        if (same && _cgroup.Twice)
            return (_cgroup.Cgroup, _cgroup.Container);
        (string? cgroup, string? container) = Cgroups.Read(_directory.Handle, buffer, texts, before);
        if (cgroup is not null)
            _cgroup = (row.CgroupId, cgroup, container, same && _cgroup.Cgroup == cgroup);
        return (cgroup, container);
    }

    private string? ReadExe(in ProcessRow row, int? living, string? before)
    {
        if (links.Find(row.ExeId) is { } known)
            return known.Text;
        Sight sight = _directory.Handle.ReadLink(RelativePath.OfProcess(living, "exe"u8), buffer, out ReadOnlySpan<byte> target);
        string? exe = sight == Sight.Seen ? texts.Get(target, before) : null;
        links.Tell(row.ExeId, exe is null ? FdTarget.Unreadable : FdTarget.Parse(exe));
        return exe;
    }

    private static bool IsIn(NamespaceSet? known, in ProcessRow row) => known is not null
        && known.Pid == row.PidNamespace && known.Net == row.NetNamespace && known.Ipc == row.IpcNamespace && known.Mnt == row.MountNamespace && known.User == row.UserNamespace;

    private ulong TickNs => 1_000_000_000UL / (ulong)ticksPerSecond;

    private ProcessRecord Zombie(in ProcessRow row, ProcessRecord? before)
    {
        if (before is { IsZombie: true } && before.Ppid == row.Ppid)
            return before;
        _directory.Begin(row.Pid, guarded: false);
        TimeSpan? exitedAt = threads.LastRanOf(_directory.Handle);
        _directory.End();
        return new ProcessRecord
        {
            Pid = row.Pid,
            StartTimeTicks = row.StartBoottimeNs / TickNs,
            Ppid = row.Ppid,
            Pgrp = row.Pgrp,
            Session = row.Session,
            TtyNr = row.TtyNr,
            Comm = texts.Get(row.Comm),
            State = (char)row.State,
            Uid = row.Uid,
            TracerPid = row.TracerPid,
            NsPid = row.NsPid,
            IsAdopted = IsAdopted(row),
            Cmdline = [],
            CpuTicks = row.CpuNs / TickNs,
            ExitedAt = exitedAt,
            Threads = [],
            Fds = [],
            FdSight = Sight.Seen,
        };
    }

    /// <summary>What the kernel program sees of a suspect and /proc does not show.</summary>
    internal static ProcessRecord Complete(ProcessRecord record, in ProcessRow row, ReadOnlySpan<TaskRow> tasks, ReadOnlySpan<FdRow> table)
    {
        ImmutableArray<FileDescriptor>.Builder fds = ImmutableArray.CreateBuilder<FileDescriptor>(record.Fds.Length);
        int place = 0;
        foreach (FileDescriptor fd in record.Fds)
        {
            while (place < table.Length && table[place].Number < fd.Number)
                place++;
            bool same = place < table.Length && table[place].Number == fd.Number && (table[place].Kind == fd.Target.Kind || fd.Target.Kind == FdKind.PosixQueue && table[place].Kind == FdKind.Path)
                && (fd.Target.Kind != FdKind.Pipe || table[place].Id == fd.Target.Id);
            fds.Add(same ? FdRows.Complete(fd, table[place]) : fd.Description is null ? fd : fd with { Description = null });
        }
        bool parentDeathSignal = false, ring = false;
        foreach (ref readonly TaskRow task in tasks)
        {
            parentDeathSignal |= task.ParentDeathSignal != 0;
            ring |= (task.Flags & TaskFlags.IoUring) != 0;
        }
        return record with
        {
            Fds = fds.MoveToImmutable(),
            HasPosixTimers = (row.Flags & ProcessFlags.PosixTimers) != 0,
            HasAlarm = (row.Flags & ProcessFlags.Alarm) != 0,
            IsSubreaper = (row.Flags & ProcessFlags.Subreaper) != 0,
            IsAdopted = IsAdopted(row),
            HasDescriptorsInFlight = (row.Flags & ProcessFlags.DescriptorsInFlight) != 0,
            HasParentDeathSignal = parentDeathSignal,
            HasIoUring = ring,
            SignalsCaughtAsChild = (row.Flags & ProcessFlags.SignalsUnknown) != 0 ? null : row.SignalsCaughtAsChild,
        };
    }

    private static bool? IsAdopted(in ProcessRow row) => (row.Flags & ProcessFlags.Adopted) != 0 ? true : null;
}
