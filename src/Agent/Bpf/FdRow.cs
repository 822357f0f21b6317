using System.Runtime.InteropServices;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Bpf;

/// <summary>One entry of an fd table. Names in brackets are members of the kernel's struct file, or, with inode: and pipe:, of struct inode and struct pipe_inode_info.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct FdRow
{
    /// <summary>Which open file description: equal for all descriptors that were made from one open(2) by dup(2), fork(2) or SCM_RIGHTS. Random per load.</summary>
    public readonly ulong Description;

    /// <summary>As <see cref="FdTarget.Id"/>: inode of a pipe or socket, eventfd-id of an eventfd, pid of a pidfd's process. Of a path: which file under which name, equal where the links say the same; random per load. 0 for others.</summary>
    public readonly ulong Id;

    public readonly int Number;

    private readonly byte _access, _kind;

    public readonly FdBits Bits;

    private readonly byte _padding0;

    /// <summary>Pipe or FIFO: bytes in it, at least so many where it has more than 64 slots in use. Eventfd: its count, at most 2^32 - 1.</summary>
    public readonly uint Fill;

    /// <summary>Pipe or FIFO: buffers in use, of how many it may have [pipe:head - tail, max_usage]; a writer waits while they are equal.</summary>
    public readonly uint Slots, Capacity;

    /// <summary>Pipe or FIFO: open file descriptions that read and that write [pipe:readers, writers]. Eventfd: writers, who has it: its file, and the kernel where it was given to it [eventfd:kref].</summary>
    public readonly uint Readers, Writers;

    /// <summary>References to the open file description [f_ref, f_count]: descriptors in all tables, and what the kernel itself holds (in flight over a socket, io_uring, a call under way). Of who is wanted; 0 for others.</summary>
    public readonly uint References;

    /// <summary>The owner's r and w bits of the link /proc/PID/fd/N [f_mode].</summary>
    public FdAccess Access => (FdAccess)_access;

    /// <summary>What <see cref="FdTarget.Parse"/> makes of the link's text.</summary>
    public FdKind Kind => (FdKind)_kind;

    public bool CloseOnExec => (Bits & FdBits.CloseOnExec) != 0;
}

[Flags]
public enum FdBits : byte
{
    None = 0,
    CloseOnExec = 1,

    /// <summary>The kernel sends signals for it: O_ASYNC, a directory with F_NOTIFY [f_owner], a message queue with mq_notify(3) [notify_owner].</summary>
    Async = 2,

    /// <summary>There are file locks on it, or have been [inode: i_flctx]. Of who is wanted.</summary>
    Locks = 4,

    /// <summary>O_NONBLOCK [f_flags].</summary>
    NonBlocking = 8,
}
