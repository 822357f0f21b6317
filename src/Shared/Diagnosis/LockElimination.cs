using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Locks without an owner word (Rust's std, the C library's own, a read-write lock that is held for reading). Where every thread of a stuck process
/// waits for one, or for such a thread to end, one of them has what the others want: nobody else is there who could. The same where words name who has all the locks but one.
/// </summary>
internal static class LockElimination
{
    /// <summary>What is wrong in the first process of the core of which that can be told.</summary>
    public static LockFault? Of(Incident incident) =>
        incident.Core.Order().Select(pid => Of(incident.Evidence.Resources[pid], incident.Evidence.Graph.NodeOf(pid).Waiters)).FirstOrDefault(fault => fault is not null);

    private static LockFault? Of(ProcessRecord process, ImmutableArray<Waiter> waiters)
    {
        if (!process.SharesMemoryWith.IsEmpty || waiters.Any(waiter => waiter.Wait.Futex is not { IsPrivate: true }))
            return null;
        ImmutableArray<LockWaiter> wanting = [.. waiters.Select(waiter => new LockWaiter(process, waiter.Thread, waiter.Wait)).Where(waiter => !waiter.Joins)];
        if (wanting.IsEmpty || wanting.Any(waiter => waiter.Futex.Lock is null))
            return null;
        if (wanting.Any(waiter => waiter.Futex.Lock!.Holder != LockHolder.Unknown))
            return wanting.Length == waiters.Length ? OfOneUnnamed(process, wanting) : null;
        int locks = wanting.Select(waiter => waiter.Futex.Address & ~7UL).Distinct().Count();
        if (wanting.All(waiter => waiter.Futex.Lock!.Form == LockForm.Bare))
            return new LockFault(locks == 1 ? LockFaultKind.OwnLock : LockFaultKind.OrderCycle, wanting) { ByElimination = true };
        // So many read as want to write: each of those who read waits for the others, or for itself.
        return locks == 1 && wanting.All(waiter => waiter.Futex.Lock!.Readers == wanting.Length)
            ? new LockFault(wanting.Length == 1 ? LockFaultKind.OwnLock : LockFaultKind.OrderCycle, wanting) { ByElimination = true }
            : null;
    }

    /// <summary>
    /// One thread waits for a lock of which no word says who has it (one that is held for reading, say), and the others, one after the other, for locks that lead to this one: one of them has its lock,
    /// if not it itself.
    /// </summary>
    private static LockFault? OfOneUnnamed(ProcessRecord process, ImmutableArray<LockWaiter> wanting)
    {
        if (wanting.Where(waiter => waiter.Futex.Lock!.Holder == LockHolder.Unknown).ToArray() is not [var unnamed])
            return null;
        // As many steps as there are threads lead to it, or nowhere.
        foreach (LockWaiter waiter in wanting)
        {
            LockWaiter? at = waiter;
            for (int steps = 0; at is not null && at != unnamed && steps < wanting.Length; steps++)
                at = wanting.FirstOrDefault(other => process.NsTidOf(other.Thread) == at.Futex.Lock!.OwnerTid);
            if (at != unnamed)
                return null;
        }
        return new LockFault(LockFaultKind.OrderCycle, [unnamed, .. wanting.Where(waiter => waiter != unnamed)]) { ByElimination = true };
    }
}
