using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Bpf;

/// <summary>One thread of a process that a pass wrote. Names in brackets are members of the kernel's struct task_struct.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct TaskRow
{
    /// <summary>When it began, nanoseconds since boot [start_boottime]; divided by the length of a clock tick: starttime, field 22 of its stat.</summary>
    public readonly ulong StartBoottimeNs;

    /// <summary>Time spent on a CPU, nanoseconds [se.sum_exec_runtime]: first number of schedstat.</summary>
    public readonly ulong RunTimeNs;

    /// <summary>How often it was put on a CPU [sched_info.pcount]: third number of schedstat.</summary>
    public readonly ulong Timeslices;

    /// <summary>voluntary_ctxt_switches + nonvoluntary_ctxt_switches of status [nvcsw + nivcsw].</summary>
    public readonly ulong Switches;

    /// <summary>When it was last put on a CPU, by the scheduler's clock in nanoseconds [se.exec_start]: se.exec_start of /proc/PID/task/TID/sched. 0: not known.</summary>
    public readonly ulong LastRanNs;

    /// <summary>The six argument registers of the call, where <see cref="TaskFlags.InCall"/>; else left over from other rows.</summary>
    public readonly CallArguments Arguments;

    /// <summary>SigPnd of status [pending]: bit n-1 is signal n.</summary>
    public readonly ulong SignalsPending;

    /// <summary>SigBlk of status [blocked]: bit n-1 is signal n.</summary>
    public readonly ulong SignalsBlocked;

    /// <summary>Equal for equal top eight frames of the kernel stack (keyed per load); 0 while it is active or where there is none. Stands for the wchan.</summary>
    public readonly ulong StackHash;

    public readonly int Tid;
    public readonly int Tgid;

    /// <summary>System call number, where <see cref="TaskFlags.InCall"/>; -1: not in one, or active.</summary>
    public readonly int CallNumber;

    /// <summary>PF_ bits [flags]: field 9 of stat.</summary>
    public readonly uint KernelFlags;

    private readonly CommBytes _comm;

    /// <summary>The letter of stat [__state, exit_state]: R S D T t Z X I P.</summary>
    public readonly byte State;
    public readonly TaskFlags Flags;

    /// <summary>The signal that its parent's death sends it [pdeath_signal, prctl(2) PR_SET_PDEATHSIG]; 0: none.</summary>
    public readonly byte ParentDeathSignal;

    private readonly byte _padding0, _padding1, _padding2, _padding3, _padding4;

    /// <summary>Name of the thread [comm], without its NUL. Valid as long as the row.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Comm => _comm.BeforeNul;
}

[Flags]
public enum TaskFlags : byte
{
    None = 0,

    /// <summary>On a CPU or ready for one, or was so at some moment of its being read: /proc/TID/syscall says <c>running</c>.</summary>
    Active = 1,

    /// <summary>Blocked in a system call. Neither this nor <see cref="Active"/>: blocked outside of one (a page fault, say), or dead.</summary>
    InCall = 2,

    /// <summary>The call was made as a 32-bit program or by int 0x80 (TS_COMPAT, TIF_32BIT): its number is of another table.</summary>
    Compat = 4,

    /// <summary>Slept at the last pass that wrote it, and has not run since.</summary>
    Unchanged = 8,

    /// <summary>Somebody traces it [ptrace].</summary>
    Traced = 16,

    /// <summary>Its fd table is not the one of its process: unshare(2) with CLONE_FILES. It has rows of no table.</summary>
    OwnTable = 32,

    /// <summary>It has entered an io_uring that still is: with or without a descriptor, or about to end [io_uring:xa]. What it left there goes on while it waits.</summary>
    IoUring = 64,
}

/// <summary>Six registers.</summary>
[InlineArray(6)]
public struct CallArguments
{
    private ulong _first;
}

/// <summary>TASK_COMM_LEN bytes, NUL at the end and after it anything.</summary>
[InlineArray(16)]
internal struct CommBytes
{
    private byte _first;

    [UnscopedRef]
    internal readonly ReadOnlySpan<byte> BeforeNul
    {
        get
        {
            ReadOnlySpan<byte> all = this;
            int end = all.IndexOf((byte)0);
            return end < 0 ? all : all[..end];
        }
    }
}
