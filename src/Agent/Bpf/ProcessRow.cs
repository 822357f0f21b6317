using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Bpf;

/// <summary>
/// One process that a pass wrote. Names in brackets are members of the kernel's struct task_struct of the group's leader, or, with sig:,
/// of its struct signal_struct. Pids are those of the agent's pid namespace, 0 for who has none in it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct ProcessRow
{
    /// <summary>When it began, nanoseconds since boot [start_boottime]; divided by the length of a clock tick: starttime, field 22 of stat.</summary>
    public readonly ulong StartBoottimeNs;

    /// <summary>Which memory: equal for processes that share one (CLONE_VM) [mm]. 0: none, as of a leader that has exited.</summary>
    public readonly ulong MemoryId;

    /// <summary>Which fd table: equal for processes that share one (CLONE_FILES) [files], of the first thread that has one. 0: none.</summary>
    public readonly ulong TableId;

    /// <summary>CPU time of all threads, the dead included, nanoseconds [se.sum_exec_runtime, sig:sum_sched_runtime]: what utime + stime of stat are made of.</summary>
    public readonly ulong CpuNs;

    /// <summary>SigIgn of status [sighand]: bit n-1 is signal n.</summary>
    public readonly ulong SignalsIgnored;

    /// <summary>SigCgt of status [sighand].</summary>
    public readonly ulong SignalsCaught;

    /// <summary>Those of them that have the same handler as SIGCHLD [sighand]; 0 where that is not caught.</summary>
    public readonly ulong SignalsCaughtAsChild;

    /// <summary>ShdPnd of status [sig:shared_pending].</summary>
    public readonly ulong SignalsPending;

    /// <summary>How often it has called execve(2) [self_exec_id]: another number, another program.</summary>
    public readonly ulong ExecId;

    /// <summary>Which set of cgroups [cgroups]; another number: it was moved. Random per load.</summary>
    public readonly ulong CgroupId;

    /// <summary>Which program, by file and name: equal where the links exe of /proc say the same [mm: exe_file]. Random per load; 0: none.</summary>
    public readonly ulong ExeId;

    public readonly int Pid;

    /// <summary>ppid, field 4 of stat [real_parent].</summary>
    public readonly int Ppid;

    /// <summary>pgrp, field 5 of stat [sig:pids].</summary>
    public readonly int Pgrp;

    /// <summary>session, field 6 of stat [sig:pids].</summary>
    public readonly int Session;

    /// <summary>tty_nr, field 7 of stat [sig:tty].</summary>
    public readonly int TtyNr;

    /// <summary>Real user id in the initial user namespace [real_cred]: first number of Uid in status, seen from there.</summary>
    public readonly uint Uid;

    /// <summary>TracerPid of status [ptrace, parent]: a thread id; 0 for none.</summary>
    public readonly int TracerPid;

    /// <summary>Last number of NSpid in status [thread_pid].</summary>
    public readonly int NsPid;

    /// <summary>num_threads, field 20 of stat [sig:nr_threads]; a zombie has 1, stat says 0 once it is reaped.</summary>
    public readonly int ThreadCount;

    /// <summary>Inodes of its namespaces, as /proc/PID/ns shows them [thread_pid, nsproxy]; 0 of the latter three for a zombie.</summary>
    public readonly uint PidNamespace, NetNamespace, IpcNamespace;

    /// <summary>Its threads: so many rows from this one on. Fewer than <see cref="ThreadCount"/>: some came or went under the look.</summary>
    public readonly int FirstTask, TaskCount;

    /// <summary>Its fd table: so many rows from this one on, ascending by number.</summary>
    public readonly int FirstFd, FdCount;
    public readonly ProcessFlags Flags;

    /// <summary>As <see cref="NetNamespace"/>: the mount namespace.</summary>
    public readonly uint MountNamespace;

    /// <summary>User namespace, as /proc/PID/ns shows it [real_cred].</summary>
    public readonly uint UserNamespace;

    private readonly CommBytes _comm;

    /// <summary>The leader's letter of stat [__state, exit_state]: R S D T t Z X I P.</summary>
    public readonly byte State;

    /// <summary>exit_signal, field 38 of stat [exit_signal].</summary>
    public readonly byte ExitSignal;

    private readonly byte _padding0, _padding1;

    /// <summary>Name of the leader [comm], without its NUL. Valid as long as the row.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Comm => _comm.BeforeNul;
}

[Flags]
public enum ProcessFlags : uint
{
    None = 0,

    /// <summary>Exited as a whole, and not yet waited for.</summary>
    Zombie = 1,

    /// <summary>alarm(2) or setitimer(2) ITIMER_REAL runs [sig:real_timer, it_real_incr]; nothing in /proc shows it.</summary>
    Alarm = 2,

    /// <summary>A timer of timer_create(2) is set, or that is not known [sig:posix_timers, k_itimer: it_status, it_active].</summary>
    PosixTimers = 4,

    /// <summary>The leader has left by pthread_exit(3), other threads live.</summary>
    LeaderExited = 8,

    /// <summary>No thread has an fd table: it is dead or dying.</summary>
    NoTable = 16,

    /// <summary>
    /// More references to the table than threads. Whoever else has the same <see cref="ProcessRow.TableId"/> has these rows as its
    /// table too, even where it did not run and so was not written.
    /// </summary>
    TableShared = 32,

    /// <summary>The table was given up while it was read: its rows are worthless.</summary>
    TableTorn = 64,

    /// <summary>A thread has a table of its own (<see cref="TaskFlags.OwnTable"/>), of which there are no rows.</summary>
    OtherTables = 128,

    /// <summary>The signal masks could not be read.</summary>
    SignalsUnknown = 256,

    /// <summary>PR_SET_CHILD_SUBREAPER: adopts the orphans among its descendants [sig:is_child_subreaper].</summary>
    Subreaper = 512,

    /// <summary>A thread was on a CPU or ready for one when the counters were read: the table may have changed since; it is written again at the next pass.</summary>
    Active = 1024,

    /// <summary>It has memory and no text: between two programs in execve(2), as a rule [mm: end_code].</summary>
    WithoutProgram = 2048,

    /// <summary>
    /// Something ran between the counters of the pass before, which were read ahead of its table then, and those of this one. That is more than the rows of its threads show: these are read
    /// after the table, and a thread that came to rest in between shows the same in both.
    /// </summary>
    Changed = 4096,

    /// <summary>A program forked it that its parent has not come to yet: the parent is not the one that did [parent_exec_id, real_parent: self_exec_id].</summary>
    Adopted = 8192,

    /// <summary>Its user has sent descriptors that nobody has received yet [real_cred->user->unix_inflight].</summary>
    DescriptorsInFlight = 16384,
}
