using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Whether who reads what a child left behind waits for children that live and do something of their own as well: a supervisor reads the output of its services, and of a daemon that one of them has left, and goes on with all of
/// them. A helper that waits for its parent itself is none of these.
/// </summary>
internal static class LivingToo
{
    /// <summary>In the same call, which the living may end at any time: then it waits for no end.</summary>
    public static bool InOneCall(Evidence evidence, HeldUp held) => AnyLiving(evidence, held.Reader, held.Waiter);

    /// <summary>In another thread, that is none of its runtime's: then it may be meant to read on, or one of its jobs hangs while others work.</summary>
    public static bool InAnotherThread(Evidence evidence, HeldUp held)
    {
        HostProcess reader = evidence.Resources.Find(held.Reader)!;
        bool reaps = Housekeeping.AwaitsChildren(reader.Record, reader.WaitsOf(evidence.Last.Host)) == ChildWaiting.ByThread;
        return evidence.Graph.NodeOf(held.Reader).Waiters.Any(waiter => waiter.Thread.Tid != held.Waiter.Thread.Tid && !(reaps && waiter.Wait.Kind == WaitKind.ChildWait) && AnyLiving(evidence, held.Reader, waiter));
    }

    private static bool AnyLiving(Evidence evidence, int reader, Waiter waiter) => waiter.Clauses.SelectMany(clause => clause.Parts.IsEmpty ? [clause] : clause.Parts)
        .Where(part => part.Wait.Kind is WaitKind.PipeRead or WaitKind.SocketRead or WaitKind.ChildWait)
        .Any(part => part.Wakers.Any(waker => waker.Direct && waker.Node != reader && Lives(evidence, reader, waker.Node, part.Wait.Fd)));

    private static bool Lives(Evidence evidence, int parent, int pid, int? fd)
    {
        ResourceIndex resources = evidence.Resources;
        return resources.Find(pid) is { Record.IsZombie: false } process && resources.Find(parent) is { } reader && resources.IsDescendant(process, reader)
            && evidence.Adoption.OrphanOf(reader, process, fd) is null
            && !evidence.Graph.NodeOf(pid).Waiters.Any(waiter => waiter.Clauses.Any(clause => clause.Wakers.Any(waker => waker.Direct && waker.Node == parent)));
    }
}
