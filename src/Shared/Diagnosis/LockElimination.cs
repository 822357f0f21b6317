using System.Collections.Immutable;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Locks without an owner word (Rust's std, the C library's own, a read-write lock that is held for reading). Where every thread of a stuck process, or of stuck processes that share memory,
/// waits for one, or for such a thread or process to end, one of them has what the others want: nobody else is there who could. The same where words name who has all the locks but some, and lead to those.
/// </summary>
internal static class LockElimination
{
    /// <summary>What is wrong in the first process of the core of which that can be told by itself, or in all of them together.</summary>
    public static LockFault? Of(Incident incident) =>
        incident.Core.Order().Select(pid => OfOne([.. LockWaiter.AllOf(incident, pid)])).FirstOrDefault(fault => fault is not null)
        ?? Among([.. incident.Core.Order().SelectMany(pid => LockWaiter.AllOf(incident, pid))]);

    private static LockFault? OfOne(ImmutableArray<LockWaiter> waiters) =>
        waiters.All(waiter => waiter.Process.SharesMemoryWith.IsEmpty && waiter.Futex is { IsPrivate: true }) ? Among(waiters) : null;

    private static LockFault? Among(ImmutableArray<LockWaiter> waiters)
    {
        ImmutableArray<LockWaiter> wanting = [.. waiters.Where(waiter => !waiter.AwaitsAnEnd)];
        // Rust's main thread is parked while it waits for the threads of a scope.
        LockWaiter? signalled = wanting.Where(waiter => waiter is { Lock: null, Futex.Sort: null, Wait.Kind: WaitKind.Futex }).ToArray() is [var one] && WantTwoLocks(wanting) ? one : null;
        if (signalled is not null)
            wanting = wanting.Remove(signalled);
        if (wanting.IsEmpty || wanting.Any(waiter => waiter.Lock is null))
            return null;
        // One without an owner and without a reader looks like one that is about to be let go of.
        ImmutableArray<LockWaiter> unnamed = [.. wanting.Where(waiter => waiter.Lock!.Holder == LockHolder.Unknown)];
        if (unnamed.IsEmpty || !wanting.All(waiter => LeadsTo(waiter, unnamed, wanting)))
            return null;
        int locks = unnamed.Select(waiter => waiter.Lock!.Start).Distinct().Count();
        bool isOne = locks == 1 && unnamed.Length == wanting.Length;
        // So many read as want to write: each of those who read waits for the others, or for itself.
        bool upgrade = unnamed[0].Lock is { Form: LockForm.ReadWrite } read && read.Readers == wanting.Length && wanting.Length > 1;
        ImmutableArray<LockWaiter> others = [.. waiters.Where(waiter => waiter.AwaitsAnEnd || waiter == signalled)];
        if (isOne && !upgrade && !others.IsEmpty)
            return OfOneAwaited(unnamed, others);
        return new LockFault(isOne && !upgrade ? LockFaultKind.OwnLock : LockFaultKind.OrderCycle, [.. unnamed, .. wanting.Except(unnamed)]) { ByElimination = true, Others = others };
    }

    /// <summary>Where there are two that nobody is named to have, who wants one is likelier to have the other than somebody who waits to be signalled.</summary>
    private static bool WantTwoLocks(ImmutableArray<LockWaiter> waiters) =>
        waiters.Where(waiter => waiter.Lock is { Holder: LockHolder.Unknown, Form: not LockForm.Refused }).Select(waiter => waiter.Lock!.Start).Distinct().Take(2).Count() == 2;

    /// <summary>
    /// All who want something want one lock, and somebody awaits the end of one of them: who awaits has it, or who wants it itself, and nothing shows which. To let go of a lock too late is the commoner fault of those who share it;
    /// a lock that one thread locks twice is met in that thread alone just as well. Null where it is a process that is awaited: that is told as such.
    /// </summary>
    private static LockFault? OfOneAwaited(ImmutableArray<LockWaiter> wanting, ImmutableArray<LockWaiter> others)
    {
        foreach (LockWaiter other in others)
        {
            if (wanting.FirstOrDefault(waiter => waiter.Process.Pid == other.Process.Pid && waiter.Thread.Tid == other.Futex?.JoinsTid) is { } joined)
                return new LockFault(LockFaultKind.JoinCycle, [other, joined, .. wanting.Where(waiter => waiter != joined)]) { ByElimination = true, Others = [.. others.Where(waiter => waiter != other)] };
        }
        return null;
    }

    /// <summary>As many steps from owner to owner as there are threads lead to a lock that no word gives to anybody, or nowhere.</summary>
    private static bool LeadsTo(LockWaiter from, ImmutableArray<LockWaiter> unnamed, ImmutableArray<LockWaiter> wanting)
    {
        LockWaiter? at = from;
        for (int steps = 0; at is not null && !unnamed.Contains(at) && steps < wanting.Length; steps++)
            at = wanting.FirstOrDefault(at.IsOwnedBy);
        return at is not null && unnamed.Contains(at);
    }
}
