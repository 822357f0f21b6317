using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>wait4(2), waitid(2).</summary>
public static partial class WaitDecoder
{
    // wait4(2): pid < -1 a group, -1 any child, 0 the caller's own group, > 0 one child
    private static Wait OfWait4(ProcessRecord process, int pid, ulong options, SystemCall call) => Child(call, pid switch
    {
        > 0 => new ChildSelector(pid, null),
        0 => new ChildSelector(null, process.Pgrp),
        -1 => ChildSelector.Any,
        _ => new ChildSelector(null, -pid),
    }) with { ToldOfStops = (options & StopsToo) != 0 };

    /// <summary>WUNTRACED of wait4(2), the same bit as WSTOPPED of waitid(2).</summary>
    private const ulong StopsToo = 2;

    // waitid(2): P_ALL 0, P_PID 1, P_PGID 2, P_PIDFD 3
    private static Wait OfWaitid(ProcessRecord process, int idType, int id, ulong options, SystemCall call) => idType switch
    {
        0 => Child(call, ChildSelector.Any),
        1 => Child(call, new ChildSelector(id, null)),
        2 => Child(call, new ChildSelector(null, id == 0 ? process.Pgrp : id)),
        3 when process.FindFd(id) is { Target: { Kind: FdKind.PidFd, Id: > 0 } target } => Child(call, new ChildSelector((int)target.Id, null)),
        _ => Wait.Unknown($"waitid of type {idType} is not decoded", call),
    } with { ToldOfStops = (options & StopsToo) != 0 };

    private static Wait Child(SystemCall call, ChildSelector children) =>
        new() { Kind = WaitKind.ChildWait, Bounded = Bounded.No, Call = call, Children = children };
}
