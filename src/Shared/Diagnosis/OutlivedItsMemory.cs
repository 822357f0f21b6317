using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who waits in memory that processes share, without a name, and is the last who has it: such memory comes by fork alone, or with a descriptor, and was made for others, who are gone. One of them had the lock, or was
/// to post the semaphore. A program that waits for a signal waits in its own memory, but for one that keeps an event for its children and waits at it itself.
/// </summary>
internal static class OutlivedItsMemory
{
    /// <summary>As far as is known of the memory, which looks ask for of suspects alone: what is not known yet may be so.</summary>
    public static bool Is(ResourceIndex resources, HostProcess process, ImmutableArray<Wait> waits)
    {
        bool any = false;
        foreach (Wait wait in waits)
        {
            if (NotByDesign.IsForItself(wait))
                continue;
            if (wait is not { Kind: WaitKind.Futex, Bounded: Bounded.No, Futex: { IsPrivate: false, Lock: null } futex } || !MayBeLeftWith(resources, process, futex))
                return false;
            any = true;
        }
        return any && (process.Record.SignalsCaught & SignalMask.TellsToEnd) == 0 && NotByDesign.HasItsRuntimesHandlersAlone(process.Record, waits);
    }

    private static bool MayBeLeftWith(ResourceIndex resources, HostProcess process, FutexWait futex)
    {
        if (futex.Mapping is not { } mapping || resources.SharedObjectOf(mapping) is not { } shared)
            return true;
        foreach (int pid in shared.Mappers)
        {
            if (pid != process.Pid)
                return false;
        }
        return !shared.Linked;
    }
}
