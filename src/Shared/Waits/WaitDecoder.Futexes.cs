using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>futex(2).</summary>
public static partial class WaitDecoder
{
    // futex(2): uaddr, op, val, timeout, uaddr2, val3
    private static Wait OfFutex(HostIdentity host, ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        (ulong address, int operation, uint expected) = (args[0], (int)args[1], (uint)args[2]);
        bool compares = (operation & FutexLock.CommandMask) is FutexLock.Wait or FutexLock.WaitBitset;
        if (!compares && (operation & FutexLock.CommandMask) is not (FutexLock.LockPi or FutexLock.LockPi2))
            return Wait.Unknown($"futex operation 0x{operation:x} is not decoded", call);
        bool isPrivate = (operation & FutexLock.PrivateFlag) != 0;
        // pthread_join(3) waits without the private flag for the kernel to clear the tid in a thread's own control block.
        int? joins = JoinedBy(process, thread);
        FutexLock? held = joins is null ? FutexLock.Of(address, operation, expected, thread.Memory, timed: args[3] != 0) : null;
        // Not only mutexes are waited for so with a timeout: the words beside a condition of Rust's std name an owner by chance, which is seldom a thread.
        if (held is { Form: LockForm.Mutex } && args[3] != 0 && (operation & FutexLock.CommandMask) == FutexLock.WaitBitset && ThreadOf(process, held.OwnerTid) is null)
            held = new FutexLock(LockForm.Bare, 0) { Start = address };
        return new Wait
        {
            Kind = WaitKind.Futex,
            Bounded = args[3] == 0 ? Bounded.No : Bounded.Yes,
            Call = call,
            Futex = new FutexWait(address, operation, expected, isPrivate || joins is not null, joins)
            {
                Lock = held is null ? null : held with { Holder = HolderOf(host, process, thread, held.OwnerTid), Inherited = held.OwnerTid < process.NsPid },
                Sort = held is null && joins is null && thread.Memory?.LockWords is { IsDefaultOrEmpty: false } words ? FutexSort.Of(address, operation, expected, words) : null,
                Mapping = thread.Memory?.FutexMapping,
                HasChanged = compares && thread.Memory?.FutexWord is { } word && word != expected,
            },
        };
    }

    /// <summary>
    /// futex_waitv(2): array, count, flags, timeout, clock. Any of the words will do, and where all are of this memory alone it is the same who could write each of them: told by the first.
    /// </summary>
    private static Wait OfFutexWaitv(ThreadRecord thread, SystemCall call)
    {
        if (thread.Memory?.Futexes is not [var first, ..] all)
            return Wait.Unknown($"the futexes of {SystemCallTable.NameOf(call)} could not be read", call);
        bool isPrivate = all.All(futex => futex.IsPrivate);
        if (!isPrivate && thread.Memory.FutexMapping is { Shared: true })
            return Wait.Unknown($"{SystemCallTable.NameOf(call)} in memory that processes share is not decoded", call);
        return new Wait
        {
            Kind = WaitKind.Futex,
            Bounded = thread.Call.Arguments[3] == 0 ? Bounded.No : Bounded.Yes,
            Call = call,
            Futex = new FutexWait(first.Address, FutexLock.Wait | (isPrivate ? FutexLock.PrivateFlag : 0), (uint)first.Expected, isPrivate, JoinsTid: null) { Mapping = thread.Memory.FutexMapping },
        };
    }

    /// <summary>Tid of the thread whose end a thread waits for, or null.</summary>
    private static int? JoinedBy(ProcessRecord process, ThreadRecord thread)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        int command = (int)args[1] & (FutexLock.CommandMask | FutexLock.PrivateFlag);
        return command is FutexLock.Wait or FutexLock.WaitBitset && ThreadOf(process, (int)args[2]) is { } joined && joined.Tid != thread.Tid && MayBeOfThread(thread) ? joined.Tid : null;
    }

    /// <summary>Whether the word lies in memory of the process alone, as the control blocks of threads do. A lock in memory that processes share may say the same as a tid, where tids are small: in a pid namespace of its own.</summary>
    private static bool MayBeOfThread(ThreadRecord thread) => thread.Memory?.FutexMapping is { } mapping ? !mapping.Shared : thread.Call.Arguments[2] >= FutexWait.LeastTid;

    /// <summary>By the number that it has in its own pid namespace.</summary>
    private static ThreadRecord? ThreadOf(ProcessRecord process, int nsTid)
    {
        if (process.NsPid == process.Pid)
            return process.FindThread(nsTid);
        foreach (ThreadRecord thread in process.Threads)
        {
            if (process.NsTidOf(thread) == nsTid)
                return thread;
        }
        return null;
    }

    /// <summary>
    /// Whether a thread of a process is decoded to the very wait of another one of the host, of this process or not. Said of futexes alone, which threads of pools wait on,
    /// and which ask nothing of the fd table.
    /// </summary>
    public static bool IsSharedBy(ProcessRecord process, ThreadRecord one, Wait wait, ThreadRecord other) =>
        wait is { Kind: WaitKind.Futex, Futex: { JoinsTid: null, Lock: null } }
        && one.State == other.State && one.Wchan == other.Wchan && one.Memory is null && other.Memory is null && one.Call.Equals(other.Call)
        && JoinedBy(process, other) is null;

    private static LockHolder HolderOf(HostIdentity host, ProcessRecord process, ThreadRecord waiter, int owner) =>
        owner == 0 ? LockHolder.Unknown
        : ThreadOf(process, owner) is not { } holder ? LockHolder.Elsewhere
        : holder.Tid == waiter.Tid ? LockHolder.Self
        : holder.Call.Status == BlockedCallStatus.InCall && SystemCallTable.TryGet(host.Architecture, holder.Call.Number, out SystemCall call) && call == SystemCall.Futex
            && JoinedBy(process, holder) is not null ? LockHolder.Joiner
        : LockHolder.Thread;
}
