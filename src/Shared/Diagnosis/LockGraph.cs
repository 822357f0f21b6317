using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

internal enum LockFaultKind
{
    /// <summary>A thread waits for a lock that it has itself.</summary>
    OwnLock,

    /// <summary>Each has the lock that the one before waits for.</summary>
    OrderCycle,

    /// <summary>The same, where at least one of them waits for another to end; by elimination: who waits for it has what the other wants, or that has it itself.</summary>
    JoinCycle,

    /// <summary>Who has the lock has exited.</summary>
    OwnerGone,
}

/// <param name="Chain">The threads in it, each followed by the one that it waits for, and the last by the first.</param>
internal sealed record LockFault(LockFaultKind Kind, ImmutableArray<LockWaiter> Chain)
{
    /// <summary>No word says who has the lock: nobody else is left who could.</summary>
    public bool ByElimination { get; init; }

    /// <summary>Of locks that no word gives to anybody: who else waits for somebody to end, and may have them just as well.</summary>
    public ImmutableArray<LockWaiter> Others { get; init; } = [];
}

/// <summary>A thread that waits for a lock: on a futex, or for a file lock; or for somebody to end.</summary>
/// <param name="Process">Its process.</param>
/// <param name="Thread">The thread.</param>
/// <param name="Wait">What it waits for.</param>
/// <param name="Awaits">The thread that the owner word names, or that is joined, see <see cref="LockOwners.TidOf"/>.</param>
internal sealed record LockWaiter(ProcessRecord Process, ThreadRecord Thread, Wait Wait, int? Awaits)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Thread.Tid} {Wait.Resource}";

    public FutexWait? Futex => Wait.Futex;

    public FutexLock? Lock => Wait.Futex?.Lock;

    public bool Joins => Wait.Futex?.JoinsTid is not null;

    /// <summary>Whether it waits for a thread or a child to end.</summary>
    public bool AwaitsAnEnd => Joins || Wait.Kind == WaitKind.ChildWait;

    /// <summary>Where the next one of the chain has the file open that it has locked.</summary>
    public int? HeldAt { get; init; }

    /// <summary>All threads of one who is stuck.</summary>
    public static IEnumerable<LockWaiter> AllOf(Incident incident, int pid)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        ProcessRecord process = resources[pid];
        return incident.Evidence.Graph.NodeOf(pid).Waiters.Select(waiter => new LockWaiter(process, waiter.Thread, waiter.Wait, LockOwners.TidOf(resources, process, waiter.Wait)));
    }

    /// <summary>Whether the word of what it waits for names the thread that another one is.</summary>
    public bool IsOwnedBy(LockWaiter other) => Lock is not null && Awaits == other.Thread.Tid;
}

/// <summary>
/// Which thread waits for which, by the owner words of locks and by joins: each waits for one at most. The words only name what a stuck set is
/// about, or say what is likely in a process that lives on; nothing is proven by them.
/// </summary>
internal sealed class LockGraph
{
    private const int None = -1;

    private readonly List<LockWaiter> _waiters = [];
    private readonly Dictionary<int, int> _byTid = [];
    private readonly ResourceIndex? _resources;
    private readonly bool _ofStuck;

    /// <param name="waiters">Of living threads.</param>
    /// <param name="resources">The look, where who else lives counts as well.</param>
    /// <param name="ofStuck">Whether all who could end the waits are known and stuck: only then the owner of a lock in shared memory may be gone.</param>
    private LockGraph(IEnumerable<LockWaiter> waiters, ResourceIndex? resources, bool ofStuck)
    {
        (_resources, _ofStuck) = (resources, ofStuck);
        foreach (LockWaiter waiter in waiters)
        {
            if (waiter.Wait is not { Kind: WaitKind.Futex, Futex: not null, Bounded: Bounded.No })
                continue;
            _byTid[waiter.Thread.Tid] = _waiters.Count;
            _waiters.Add(waiter);
        }
    }

    /// <summary>Whether the words of a process by itself name a fault, timed waits left aside. Of most processes no thread waits for a lock at all, and then this costs nothing.</summary>
    public static bool HasFault(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        foreach (Wait wait in waits)
        {
            if (wait.Futex is { Lock.OwnerTid: not 0 } && wait.Bounded == Bounded.No)
                return LacksNumbers(process) || Of(process, waits).Any();
        }
        return false;
    }

    /// <summary>In a pid namespace the words have numbers of that, which are read of the threads of suspects alone: until they are there may be a fault.</summary>
    private static bool LacksNumbers(ProcessRecord process)
    {
        foreach (ThreadRecord thread in process.Threads)
        {
            if (process.NsTidOf(thread) is null)
                return true;
        }
        return false;
    }

    /// <summary>What the words of a process by itself name.</summary>
    /// <param name="process">The process.</param>
    /// <param name="waits">Of its living threads.</param>
    /// <param name="resources">The look, where who else lives counts as well.</param>
    public static IEnumerable<LockFault> Of(ProcessRecord process, ImmutableArray<Wait> waits, ResourceIndex? resources = null) => new LockGraph(
        HostProcess.ThreadsOf(process).Zip(waits, (thread, wait) => new LockWaiter(process, thread, wait, LockOwners.TidOf(resources, process, wait))), resources, ofStuck: false).Faults();

    /// <summary>What the words of all who wait only for each other name.</summary>
    public static IEnumerable<LockFault> Of(Incident incident) =>
        new LockGraph(WhoMayHaveThem(incident).Order().SelectMany(pid => LockWaiter.AllOf(incident, pid)), incident.Evidence.Resources, ofStuck: true).Faults();

    /// <summary>The core; and who waits upstream, where one of the core rests at a word of its own, which leads to nobody: the kernel has refused it what one of those has.</summary>
    private static IEnumerable<int> WhoMayHaveThem(Incident incident) =>
        incident.Core.Any(pid => incident.Evidence.Graph.NodeOf(pid).Waiters.Any(waiter => waiter.Wait.Futex is { Lock.Form: LockForm.Refused })) ? incident.Members : incident.Core;

    /// <summary>Each cycle once, beginning with its lowest tid.</summary>
    public IEnumerable<LockFault> Faults()
    {
        var walk = new int[_waiters.Count];
        for (int start = 0, number = 1; start < _waiters.Count; start++, number++)
        {
            int at = start;
            while (at != None && walk[at] == 0)
            {
                walk[at] = number;
                at = NextOf(at);
            }
            if (at != None && walk[at] == number)
                yield return CycleThrough(at);
        }
        foreach (LockWaiter waiter in _waiters)
        {
            if (IsOwnerGone(waiter))
                yield return new LockFault(LockFaultKind.OwnerGone, [waiter]);
        }
    }

    private LockFault CycleThrough(int start)
    {
        var places = new List<int> { start };
        for (int at = NextOf(start); at != start; at = NextOf(at))
            places.Add(at);
        int first = Enumerable.Range(0, places.Count).MinBy(index => _waiters[places[index]].Thread.Tid);
        ImmutableArray<LockWaiter> chain = [.. places.Skip(first).Concat(places.Take(first)).Select(place => _waiters[place])];
        return new LockFault(
            chain.Any(waiter => waiter.Joins) ? LockFaultKind.JoinCycle : chain.Length == 1 ? LockFaultKind.OwnLock : LockFaultKind.OrderCycle, chain);
    }

    private int NextOf(int place)
    {
        LockWaiter waiter = _waiters[place];
        if (waiter.Lock?.Form == LockForm.Refused)
            return FarthestThatWaitsFor(place);
        return waiter.Awaits is { } awaited && _byTid.TryGetValue(awaited, out int next) ? next : None;
    }

    /// <summary>The kernel refuses a lock that inherits priority to whom its owner waits for, through however many of such locks: each waits for the next, and the farthest has it.</summary>
    private int FarthestThatWaitsFor(int place)
    {
        int at = place;
        for (int steps = 0; steps < _waiters.Count; steps++)
        {
            int before = _waiters.FindIndex(waiter => waiter.Lock?.Form == LockForm.PriorityInheriting && waiter.IsOwnedBy(_waiters[at]));
            if (before < 0)
                break;
            at = before;
        }
        return at == place ? None : at;
    }

    /// <summary>All threads of those who have the memory are known, and the owner is none of them.</summary>
    private bool IsOwnerGone(LockWaiter waiter)
    {
        ProcessRecord process = waiter.Process;
        if (waiter.Lock is not { Holder: LockHolder.Elsewhere, Form: not LockForm.PriorityInheriting } held || !process.ThreadsComplete || process.Threads.Any(thread => process.NsTidOf(thread) is null))
            return false;
        // A child that was forked while another thread had the lock has a copy of it: the owner lives on in the parent.
        return waiter.Futex!.IsPrivate
            ? process.SharesMemoryWith.IsEmpty && !(_resources is not null && LockOwners.LivesElsewhere(_resources, process, held.OwnerTid))
            : _ofStuck && waiter.Awaits == LockOwners.Gone;
    }
}
