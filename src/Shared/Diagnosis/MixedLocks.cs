using System.Collections.Immutable;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// A circle of locks some of which are in memory and some on files: one has the file locked and waits for a mutex, the other has that and waits for the file. A file is locked by a process: which of its threads has done it,
/// nothing says, so that the shortest way round is told.
/// </summary>
internal static class MixedLocks
{
    public static LockFault? Of(Incident incident)
    {
        ILookup<(int Pid, int Tid), IncidentEdge> files = incident.Edges
            .Where(edge => edge is { IsKinship: false, Part.Kind: WaitKind.FileLock } && incident.Core.Contains(edge.From))
            .ToLookup(edge => (edge.From, edge.Tid));
        if (files.Count == 0)
            return null;
        LockWaiter[] waiters = [.. incident.Core.Order().SelectMany(pid => LockWaiter.AllOf(incident, pid))];
        foreach (LockWaiter start in waiters.Where(waiter => files.Contains(KeyOf(waiter))))
        {
            if (WayRound(start, waiters, files) is { } chain && chain.Any(waiter => waiter.Lock is not null))
                return new LockFault(chain.Any(waiter => waiter.Joins) ? LockFaultKind.JoinCycle : LockFaultKind.OrderCycle, chain);
        }
        return null;
    }

    /// <summary>From one back to itself, on the shortest way; or null.</summary>
    private static ImmutableArray<LockWaiter>? WayRound(LockWaiter start, LockWaiter[] waiters, ILookup<(int Pid, int Tid), IncidentEdge> files)
    {
        var cameFrom = new Dictionary<(int, int), LockWaiter>();
        var pending = new Queue<LockWaiter>([start]);
        while (pending.TryDequeue(out LockWaiter? at))
        {
            foreach ((LockWaiter next, int? fd) in After(at, waiters, files))
            {
                if (!cameFrom.TryAdd(KeyOf(next), at with { HeldAt = fd }))
                    continue;
                if (KeyOf(next) == KeyOf(start))
                    return Path(start, cameFrom);
                pending.Enqueue(next);
            }
        }
        return null;
    }

    private static ImmutableArray<LockWaiter> Path(LockWaiter start, Dictionary<(int, int), LockWaiter> cameFrom)
    {
        var path = new List<LockWaiter>();
        LockWaiter at = start;
        do
        {
            at = cameFrom[KeyOf(at)];
            path.Add(at);
        }
        while (KeyOf(at) != KeyOf(start));
        path.Reverse();
        return [.. path];
    }

    private static IEnumerable<(LockWaiter Next, int? Fd)> After(LockWaiter waiter, LockWaiter[] waiters, ILookup<(int Pid, int Tid), IncidentEdge> files)
    {
        foreach (Waker waker in files[KeyOf(waiter)].SelectMany(edge => edge.To))
        {
            // Who waits for a thread or a child to end is not the likeliest to have it. That a thread has it itself, through another open, is told without this.
            foreach (LockWaiter other in waiters.Where(other => other.Process.Pid == waker.Node && KeyOf(other) != KeyOf(waiter)).OrderBy(other => other.AwaitsAnEnd))
                yield return (other, waker.Fd);
        }
        foreach (LockWaiter other in waiters)
        {
            if (waiter.IsOwnedBy(other) || other.Process.Pid == waiter.Process.Pid && waiter.Futex?.JoinsTid == other.Thread.Tid)
                yield return (other, null);
        }
    }

    private static (int Pid, int Tid) KeyOf(LockWaiter waiter) => (waiter.Process.Pid, waiter.Thread.Tid);
}
