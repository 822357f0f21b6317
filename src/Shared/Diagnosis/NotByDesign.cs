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
        return HowApart(process.Record, waits) != Apart.No || IsAwaited(resources, process, process, AwaitsChildren(process.Record, waits), MostGenerations);
    }

    /// <summary>
    /// The threads wait beside the main one each for something else, and nobody can wake any of them: no pool, whose idle threads wait for the same thing. The handlers
    /// of signals are the runtime's.
    /// </summary>
    public static Apart HowApart(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        if (waits.Length < 2 || !waits.All(wait => wait is { Kind: WaitKind.Futex, Bounded: Bounded.No, Futex: { IsPrivate: true, Lock: null } }))
            return Apart.No;
        Wait[] others = [.. waits.Where((_, place) => HostProcess.ThreadsOf(process).ElementAt(place).Tid != process.Pid)];
        if (others.DistinctBy(wait => wait.Futex!.Address).Count() < others.Length || HasHandlersOfItsOwn(process, waits))
            return Apart.No;
        return others.Any(wait => IsMapped(wait.Futex!.Address)) ? Apart.AtWordsOfTheirOwn : others.Length > 1 ? Apart.AtCommonWords : Apart.No;
    }

    /// <summary>
    /// Whether it lies where mmap(2) puts things, the upper quarter of the address space (x86_64, aarch64 with 48 bits), and not in the heap or the program's own data. malloc gives threads but the main one
    /// memory from there: a word that lies there was made by such a thread, to be woken by it from a queue or a condition. Locks are mostly made beforehand, by the main thread.
    /// </summary>
    private static bool IsMapped(ulong address) => address >> 45 is 3 or > 5;

    /// <summary>It is told when a child has ended, and it catches no signal that its runtime does not catch in every program.</summary>
    public static bool AwaitsChildren(ProcessRecord process, ImmutableArray<Wait> waits) =>
        (process.SignalsCaught & SignalMask.Child) != 0 && (process.SignalsCaught & SignalMask.WaitedForByDesign) != 0 && !HasHandlersOfItsOwn(process, waits)
        && Housekeeping.AwaitsChildrenByHandler(process, waits);

    /// <summary>Whether a runtime is in it, and it catches no signal that this one does not catch in every program: then no handler says what it waits for.</summary>
    public static bool HasItsRuntimesHandlersAlone(ProcessRecord process, ImmutableArray<Wait> waits) =>
        Housekeeping.CatchesOf(process, waits) != 0 && !HasHandlersOfItsOwn(process, waits);

    /// <summary>
    /// Why those who wait for each other may be meant to: whom a signal comes to does in its handler what the others wait for (accepts, reads, unlocks, ends a child). Whatever a rule makes of them,
    /// it is no proof then: asked in one place, of all rules.
    /// </summary>
    public static ImmutableArray<string> DoubtsOf(Evidence evidence, IEnumerable<int> members)
    {
        var doubts = ImmutableArray.CreateBuilder<string>();
        foreach (int pid in members.Order())
        {
            WaitNode node = evidence.Graph.NodeOf(pid);
            ProcessRecord process = evidence.Resources[pid];
            if (node.MayEndItsChild)
                doubts.Add(MayEndItsChild(process));
            // Who is ended by a signal does nothing then that others wait for: it has to catch one.
            else if (node.MayWaitForSignal && (process.SignalsCaught & SignalMask.WaitedForByDesign) != 0 && !IsHeldByALock(evidence.Resources, evidence.Resources.Find(pid)!))
                doubts.Add(MayWaitForSignal(node, process));
            else if (process.HasParentDeathSignal is null && (process.SignalsCaught & SignalMask.TellsToEnd) != 0)
                doubts.Add($"{Narrator.Name(process)} catches signals, and whether it is sent one when its parent ends (PR_SET_PDEATHSIG) shows nowhere");
        }
        return doubts.ToImmutable();
    }

    /// <summary>The doubt, as a sentence.</summary>
    public static string MayWaitForSignal(WaitNode node, ProcessRecord process) =>
        $"{Narrator.Name(process)} catches signals{(node.CatchesForItsRuntime ? ", as its runtime does in every program" : "")}, and to wait for one may be its design";

    /// <summary>The doubt, as a sentence.</summary>
    public static string MayEndItsChild(ProcessRecord process) => $"{Narrator.Name(process)} catches signals that tell a program to end, and may be meant to end its child when one comes";

    /// <summary>A mutex is not unlocked in a handler: who waits for one that it has itself, or that nobody is left to unlock, waits for no signal.</summary>
    private static bool IsHeldByALock(ResourceIndex resources, HostProcess process)
    {
        ImmutableArray<Wait> waits = process.WaitsOf(resources.Look.Host);
        return LockGraph.HasFault(process.Record, waits) || !waits.IsEmpty && ForkedChild.MayLackAThread(resources, process, waits[0]);
    }

    private static bool HasHandlersOfItsOwn(ProcessRecord process, ImmutableArray<Wait> waits) =>
        (process.SignalsCaught & SignalMask.WaitedForByDesign & ~Housekeeping.HandlersOf(process, waits)) != 0;

    /// <summary>Whether somebody below it stands before a full pipe that it has the read end of, before a socket that takes no more and of which it has the other end, or, where it waits for its children, reads what it has the other end of.</summary>
    private static bool IsAwaited(ResourceIndex resources, HostProcess process, HostProcess parent, bool awaits, int generations)
    {
        foreach (HostProcess child in resources.ChildrenOf(parent).Span)
        {
            foreach (Wait wait in child.WaitsOf(resources.Look.Host))
            {
                if (wait.MayLast && (wait is { Kind: WaitKind.PipeWrite, Target.Kind: FdKind.Pipe } && Holds(resources.HoldersOf(wait.Target), process, FdAccess.Read)
                    || wait is { Kind: WaitKind.SocketWrite, Target: { Kind: FdKind.Socket, Id: not 0 } socket } && resources.IsHandedOn(socket) && MayHoldFarEnd(resources, process, socket)
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

/// <summary>How threads stand that wait for each other, as far as it can be told where locks have no word that says who has them.</summary>
internal enum Apart
{
    No,

    /// <summary>Each made what it waits at: so idle threads at queues of their own wait, and threads of which each waits for what another should have done.</summary>
    AtWordsOfTheirOwn,

    /// <summary>What two or more of them wait at was made beforehand: so threads that have taken each other's locks stand.</summary>
    AtCommonWords,
}
