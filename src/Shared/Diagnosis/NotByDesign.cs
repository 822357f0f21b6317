using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who waits for nobody but itself and catches signals may be waiting for one by design. What speaks against that: a child waits for what nobody but this process
/// could do, or its threads stand as those do that have taken each other's locks.
/// </summary>
internal static class NotByDesign
{
    /// <summary>From a program down to what it runs through shells.</summary>
    private const int MostGenerations = 4;

    /// <summary>Whether anything speaks against it, as far as it can be told without the costly facts: what is not known yet does.</summary>
    public static bool Is(ResourceIndex resources, HostProcess process)
    {
        ImmutableArray<Wait> waits = process.WaitsOf(resources.Look.Host);
        return StandsApart(process.Record, waits) || IsAwaited(resources, process, process, AwaitsChildren(process.Record, waits), MostGenerations);
    }

    /// <summary>
    /// Two threads at least wait beside the main one, each for something else, and nobody can wake any of them: no pool, whose idle threads wait for the same thing. Its handlers
    /// of signals are its runtime's.
    /// </summary>
    public static bool StandsApart(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        if (waits.Length < 3 || !waits.All(wait => wait is { Kind: WaitKind.Futex, Bounded: Bounded.No, Futex: { IsPrivate: true, Lock: null } }))
            return false;
        Wait[] others = [.. waits.Where((_, place) => HostProcess.ThreadsOf(process).ElementAt(place).Tid != process.Pid)];
        return others.DistinctBy(wait => wait.Futex!.Address).Count() == others.Length && !HasHandlersOfItsOwn(process, waits);
    }

    /// <summary>It is told when a child has ended, and it catches no signal that its runtime does not catch in every program.</summary>
    public static bool AwaitsChildren(ProcessRecord process, ImmutableArray<Wait> waits) =>
        (process.SignalsCaught & SignalMask.Child) != 0 && (process.SignalsCaught & SignalMask.WaitedForByDesign) != 0 && !HasHandlersOfItsOwn(process, waits);

    /// <summary>Whether a runtime is in it, and it catches no signal that this one does not catch in every program: then no handler says what it waits for.</summary>
    public static bool HasItsRuntimesHandlersAlone(ProcessRecord process, ImmutableArray<Wait> waits) =>
        Housekeeping.HandlersOf(process, waits) is not null && !HasHandlersOfItsOwn(process, waits);

    private static bool HasHandlersOfItsOwn(ProcessRecord process, ImmutableArray<Wait> waits) =>
        (process.SignalsCaught & SignalMask.WaitedForByDesign & ~Housekeeping.HandlersOf(process, waits).GetValueOrDefault()) != 0;

    /// <summary>Whether somebody below it stands before a full pipe that it has the read end of, or, where it waits for its children, reads what it has the other end of.</summary>
    private static bool IsAwaited(ResourceIndex resources, HostProcess process, HostProcess parent, bool awaits, int generations)
    {
        foreach (HostProcess child in resources.ChildrenOf(parent).Span)
        {
            foreach (Wait wait in child.WaitsOf(resources.Look.Host))
            {
                if (wait.MayLast && (wait is { Kind: WaitKind.PipeWrite, Target.Kind: FdKind.Pipe } && Holds(resources.HoldersOf(wait.Target), process, FdAccess.Read)
                    || awaits && StreamEnds.IsRead(wait) && MayHoldFarEnd(resources, process, wait.Target!)))
                    return true;
            }
            if (generations > 1 && IsAwaited(resources, process, child, awaits, generations - 1))
                return true;
        }
        return false;
    }

    private static bool MayHoldFarEnd(ResourceIndex resources, HostProcess process, FdTarget target) =>
        Holds(resources.FarHoldersOf(target), process, FdAccess.Write)
        || target.Kind == FdKind.Socket && resources.Sockets.FactOf(target.Id).Party == SocketParty.NotKnown;

    private static bool Holds(OrderedList<Holder> holders, HostProcess process, FdAccess access)
    {
        foreach (Holder holder in holders.Span)
        {
            if (holder.Owner == process && (holder.Access & access) != 0)
                return true;
        }
        return false;
    }
}
