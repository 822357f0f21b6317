using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>wait4(2), waitid(2), and the signal that a child has exited.</summary>
public static partial class WaitDecoder
{
    // WaitStopped: WUNTRACED of wait4(2), the same bit as WSTOPPED of waitid(2).
    private const uint WaitStopped = 2, WaitExited = 4, WaitNoThread = 0x20000000, WaitAll = 0x40000000, WaitClone = 0x80000000;

    // wait4(2): pid < -1 a group, -1 any child, 0 the caller's own group, > 0 one child
    private static Wait OfWait4(ProcessRecord process, int pid, uint options, SystemCall call) => Child(call, options, pid switch
    {
        > 0 => new ChildSelector(pid, null),
        0 => new ChildSelector(null, process.Pgrp),
        -1 => ChildSelector.Any,
        _ => new ChildSelector(null, -pid),
    });

    // waitid(2): P_ALL 0, P_PID 1, P_PGID 2, P_PIDFD 3
    private static Wait OfWaitid(ProcessRecord process, int idType, int id, uint options, SystemCall call) => idType switch
    {
        // A child that stops or goes on was sent a signal, and anybody may send one.
        _ when (options & WaitExited) == 0 => Wait.Unknown("waitid for a child to stop or go on, not to exit, is not decoded", call),
        0 => Child(call, options, ChildSelector.Any),
        1 => Child(call, options, new ChildSelector(id, null)),
        2 => Child(call, options, new ChildSelector(null, id == 0 ? process.Pgrp : id)),
        3 when process.FindFd(id) is { Target: { Kind: FdKind.PidFd, Id: > 0 } target } => Child(call, options, ChildSelector.OfPidFd(target)),
        _ => Wait.Unknown($"waitid of type {idType} is not decoded", call),
    };

    /// <summary>
    /// Who waits for SIGCHLD and for no other signal waits for its children: dash's wait, a reaper of its own. That somebody sends one who is no parent or child of it is no design.
    /// </summary>
    /// <param name="awaited">A mask; null: not read.</param>
    private static Wait OfSignals(ulong? awaited, Bounded bounded, SystemCall? call) => awaited == SignalMask.Child
        ? new Wait { Kind = WaitKind.ChildWait, Bounded = bounded, Call = call, ToldOfStops = true, Children = ChildSelector.Any }
        : new Wait { Kind = WaitKind.SignalWait, Bounded = bounded, Call = call };

    /// <summary>A signal that is pending can be read: then it is about to wake.</summary>
    private static Wait OfSignalFd(ProcessRecord process, FileDescriptor entry, SystemCall? call) =>
        OfSignals((entry.Signals & process.SignalsPending) != 0 ? null : entry.Signals, Bounded.No, call) with { Fd = entry.Number, Target = entry.Target };

    // WUNTRACED and WCONTINUED add nothing: the signals that stop a child and let it go on come from outside.
    private static Wait Child(SystemCall call, uint options, ChildSelector children) => new()
    {
        Kind = WaitKind.ChildWait,
        Bounded = Bounded.No,
        Call = call,
        ToldOfStops = (options & WaitStopped) != 0,
        Children = (options & WaitNoThread) != 0 || (options & (WaitClone | WaitAll)) == WaitClone ? children with { LeavesOutSome = true } : children,
    };
}
