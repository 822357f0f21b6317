using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>One process (thread group) as /proc/PID showed it.</summary>
public sealed record ProcessRecord
{
    /// <inheritdoc/>
    public override string ToString() => $"{Comm} ({Pid})";

    public required int Pid { get; init; }

    /// <summary>starttime, field 22 of stat: clock ticks since boot.</summary>
    public required ulong StartTimeTicks { get; init; }

    /// <summary>ppid, field 4 of stat. 0: no parent in this pid namespace.</summary>
    public required int Ppid { get; init; }

    /// <summary>pgrp, field 5 of stat.</summary>
    public required int Pgrp { get; init; }

    /// <summary>session, field 6 of stat.</summary>
    public required int Session { get; init; }

    /// <summary>tty_nr, field 7 of stat: device number of the controlling terminal, 0 for none.</summary>
    public int TtyNr { get; init; }

    /// <summary>comm, field 2 of stat: at most 15 bytes, any byte but NUL; bytes that are not UTF-8 are shown as U+FFFD.</summary>
    public required string Comm { get; init; }

    /// <summary>state, field 3 of stat, of the thread group's leader: R S D T t Z X I.</summary>
    public required char State { get; init; }

    /// <summary>
    /// The signal that stopped it, where its state is T: 19 SIGSTOP, 20 SIGTSTP, 21 SIGTTIN, 22 SIGTTOU (field 52 of stat). Null: not stopped so, not
    /// readable, or its parent has been told of the stop already (WUNTRACED): the kernel keeps it only till then.
    /// </summary>
    public int? StopSignal { get; init; }

    /// <summary>The signal that its parent is sent when it ends (exit_signal, field 38 of stat), where clone(2) was told another one than SIGCHLD; execve(2) and another parent bring that back. Null: SIGCHLD, or none.</summary>
    public int? ExitSignal { get; init; }

    /// <summary>Real user id, from status.</summary>
    public required uint Uid { get; init; }

    /// <summary>TracerPid, from status: 0 for none.</summary>
    public int TracerPid { get; init; }

    /// <summary>The pid in the innermost pid namespace (last number of NSpid in status); equal to <see cref="Pid"/> without one.</summary>
    public required int NsPid { get; init; }

    /// <summary>SigIgn of status, as a mask: bit n-1 is signal n.</summary>
    public ulong SignalsIgnored { get; init; }

    /// <summary>SigCgt of status, as a mask: bit n-1 is signal n.</summary>
    public ulong SignalsCaught { get; init; }

    /// <summary>
    /// Those of <see cref="SignalsCaught"/> that have the same handler as SIGCHLD; 0 where that is not caught. Runtimes that are told of their children by a handler catch by it what the program asks
    /// for. Null: not known, as <see cref="HasAlarm"/>.
    /// </summary>
    public ulong? SignalsCaughtAsChild { get; init; }

    /// <summary>ShdPnd of status, as a mask: signals that wait for any thread of the process that does not block them.</summary>
    public ulong SignalsPending { get; init; }

    /// <summary>Argument vector of cmdline, redacted. Null: could not be read. Empty: a process without one (zombie).</summary>
    public ImmutableArray<string>? Cmdline { get; init; }

    /// <summary>Target of the exe link. Null: could not be read.</summary>
    public string? Exe { get; init; }

    /// <summary>Path of the cgroup v2 line of cgroup, or of the first line. Null: could not be read.</summary>
    public string? Cgroup { get; init; }

    /// <summary>Id of the container that a path in cgroup names (<see cref="Snapshots.ContainerId"/>). Null: none, or not readable.</summary>
    public string? ContainerId { get; init; }

    /// <summary>Whether its cgroup (version 2) is frozen: <c>frozen 1</c> in cgroup.events. Its state is not D then. Null: not asked (only suspects are), or not readable.</summary>
    public bool? Frozen { get; init; }

    /// <summary>Its namespaces, read at first sight, after an exec, and of suspects each time. Null: not read.</summary>
    public NamespaceSet? Namespaces { get; init; }

    /// <summary>Marks of a CI job in its environment (/proc/PID/environ, as it was at the exec), in the order of the allow-list. Null: could not be read.</summary>
    public ImmutableArray<JobCookie>? JobCookies { get; init; }

    /// <summary>CPU time of the whole group, utime + stime of stat, in clock ticks.</summary>
    public ulong CpuTicks { get; init; }

    /// <summary>All threads, ascending by tid. Empty for a zombie.</summary>
    public required ImmutableArray<ThreadRecord> Threads { get; init; }

    /// <summary>Whether the list of threads is whole: false when task/ could not be read or changed under the look.</summary>
    public bool ThreadsComplete { get; init; } = true;

    /// <summary>Open file descriptors, ascending. Empty where <see cref="FdSight"/> is not <see cref="Sight.Seen"/>, or in part (numbers and access modes with <see cref="FdKind.Unreadable"/> targets) where only the links are denied.</summary>
    public required ImmutableArray<FileDescriptor> Fds { get; init; }

    /// <summary>Whether <see cref="Fds"/> is the whole table.</summary>
    public required Sight FdSight { get; init; }

    /// <summary>
    /// Whether it has a POSIX timer that may fire: of those that /proc/PID/timers lists, back end ebpf sees which are set. Null: not asked (only suspects are), or not readable.
    /// </summary>
    public bool? HasPosixTimers { get; init; }

    /// <summary>
    /// Whether an alarm is pending that alarm(2) or setitimer(2) with ITIMER_REAL has set: it survives execve(2), and its signal ends most programs. Null: not
    /// known, for /proc does not show it; back end ebpf does, of suspects.
    /// </summary>
    public bool? HasAlarm { get; init; }

    /// <summary>Of one that has exited: time since boot at which its leader last ran (se.exec_start of /proc/PID/sched), which was to exit. Null: it lives, or not known.</summary>
    public TimeSpan? ExitedAt { get; init; }

    /// <summary>Whether it adopts the orphans among its descendants: PR_SET_CHILD_SUBREAPER of prctl(2). Null: not known, as <see cref="HasAlarm"/>.</summary>
    public bool? IsSubreaper { get; init; }

    /// <summary>
    /// True: its parent has adopted it. Back end ebpf tells by the numbers of the programs that forked it and that its parent runs (task->parent_exec_id, self_exec_id). Null: not known;
    /// whoever was forked by a copy of the adopter that ran no program of its own looks like a child of it.
    /// </summary>
    public bool? IsAdopted { get; init; }

    /// <summary>
    /// Whether its user has sent descriptors that nobody has received yet (SCM_RIGHTS of unix(7); user_struct->unix_inflight): one may be of anything that it has open, or has mapped. Null: not known, as
    /// <see cref="HasAlarm"/>.
    /// </summary>
    public bool? HasDescriptorsInFlight { get; init; }

    /// <summary>Whether its parent's death sends it a signal: PR_SET_PDEATHSIG of prctl(2). Null: not known, as <see cref="HasAlarm"/>.</summary>
    public bool? HasParentDeathSignal { get; init; }

    /// <summary>
    /// Whether it has an io_uring, with or without a descriptor: the kernel may read, write or signal for it while none of its threads runs. Back end ebpf sees each (task->io_uring); the others
    /// see those that are mapped (maps), and an fd shows in <see cref="Fds"/>. Null: not asked (only suspects are), or not readable.
    /// </summary>
    public bool? HasIoUring { get; init; }

    /// <summary>Whether it has an AIO context, io_setup(2): what is pending there may add to an eventfd. Read from maps. Null: as <see cref="HasIoUring"/>, and where <see cref="FileDescriptor.GivenToKernel"/> tells more.</summary>
    public bool? HasAio { get; init; }

    /// <summary>Pids of other processes with the same memory (kcmp(2), KCMP_VM). Empty also where it was not asked: only suspects are.</summary>
    public ImmutableArray<int> SharesMemoryWith { get; init; } = [];

    /// <summary>
    /// Whether it has run since it was read and was not read again, for want of time: it can run, and everything else here is of an earlier moment.
    /// </summary>
    public bool Behind { get; init; }

    /// <summary>
    /// Pids of other processes with the same fd table (kcmp(2), KCMP_FILES): one table, so each descriptor in it counts once. Null: not asked (only suspects
    /// are), or not permitted.
    /// </summary>
    public ImmutableArray<int>? SharesFilesWith { get; init; }

    /// <summary>
    /// A read of its memory (cmdline, poll set, futex word), or another one that waits for a lock of the process, had to be abandoned, now or at an earlier
    /// look since which it was not asked again.
    /// </summary>
    public bool MemoryBlocked { get; init; }

    public ProcessKey Key => new(Pid, StartTimeTicks);

    /// <summary>Whether it, or who started it, is marked as a hang that somebody has made on purpose (<see cref="JobCookie.Specimen"/>).</summary>
    public bool IsSpecimen => JobCookies is [.., { Key: JobCookie.Specimen }];

    /// <summary>Exited as a whole. A leader that has left by pthread_exit(3) is in state Z too, while other threads live on.</summary>
    public bool IsZombie => State is 'Z' or 'X' && Threads.IsEmpty;

    /// <summary>The number that a thread of this process has in its own pid namespace: what it stores in lock words. Null: not known.</summary>
    public int? NsTidOf(ThreadRecord thread) =>
        NsPid == Pid ? thread.Tid : thread.NsTid ?? (thread.Tid == Pid ? NsPid : null);

    /// <summary>The thread with that tid, or null.</summary>
    public ThreadRecord? FindThread(int tid) => OrderedSearch.Find(Threads, tid, static thread => thread.Tid);

    /// <summary>The entry with that number, or null.</summary>
    public FileDescriptor? FindFd(int number) => OrderedSearch.Find(Fds, number, static fd => fd.Number);
}

/// <summary>Whether something could be read, and if not, why not.</summary>
[JsonConverter(typeof(KebabCase<Sight>))]
public enum Sight
{
    /// <summary>Read, whole.</summary>
    Seen,

    /// <summary>Not permitted (EACCES, EPERM): it exists, and what it says is hidden. Never to be read as "none".</summary>
    Denied,

    /// <summary>The process or thread ended while it was read (ENOENT, ESRCH).</summary>
    Gone,

    /// <summary>Any other error.</summary>
    Failed,

    /// <summary>
    /// The read blocked on the target (its memory lock is held, or its memory is served by somebody who does not answer) and had to be given up: what
    /// it says is not known.
    /// </summary>
    Abandoned,
}
