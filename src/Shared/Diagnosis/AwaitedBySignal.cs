using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Programs that wait for a child in sigsuspend(2) or pause(2), under a handler of SIGCHLD, as timeout(1) does: any signal ends that, and for the proof it is a wait for anybody. What it is there for is the child. So it may be
/// where the handler rings the <see cref="Bell"/> of a runtime.
/// </summary>
internal static class AwaitedBySignal
{
    /// <summary>The living children for whose SIGCHLD a thread may wait.</summary>
    public static ImmutableArray<HostProcess> ChildrenOf(ResourceIndex resources, HostProcess process, Wait wait) =>
        (process.Record.SignalsCaught & SignalMask.Child) != 0 && (wait is { Kind: WaitKind.SignalWait, Call: SystemCall.RtSigsuspend or SystemCall.Pause } || Bell.Is(resources, process, wait))
            ? [.. resources.ChildrenOf(process).ToArray().Where(child => !child.Record.IsZombie)]
            : [];

    /// <summary>Whether it does, in its only thread, and has set a timer besides.</summary>
    public static bool UntilTimer(ResourceIndex resources, HostProcess process, WaitNode node) =>
        (process.Record.HasPosixTimers == true || process.Record.HasAlarm == true) && node.Waiters is [{ Wait.Kind: WaitKind.SignalWait } only] && !ChildrenOf(resources, process, only.Wait).IsEmpty;
}
