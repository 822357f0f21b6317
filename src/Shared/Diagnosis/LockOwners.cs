using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Which thread of the host one that waits on a futex waits for, as the owner word of the lock names it, or as the one that is joined.</summary>
internal static class LockOwners
{
    /// <summary>No such thread lives.</summary>
    public const int Gone = 0;

    /// <returns>A tid of the look's numbers, or <see cref="Gone"/>. Null: no word says it, or whom it names cannot be told.</returns>
    public static int? TidOf(ResourceIndex resources, ProcessRecord process, Wait wait)
    {
        if (wait.Futex is not { } futex)
            return null;
        if (futex.JoinsTid is { } joined)
            return joined;
        if (futex.Lock is not { OwnerTid: > 0 } held)
            return null;
        foreach (ThreadRecord thread in process.Threads)
        {
            if (process.NsTidOf(thread) == held.OwnerTid)
                return thread.Tid;
        }
        // What fork copied of a private lock names a thread that has nothing to do with it any more.
        if (futex.IsPrivate && process.SharesMemoryWith.IsEmpty)
            return null;
        bool all = process.ThreadsComplete;
        foreach (HostProcess other in resources.Processes)
        {
            if (futex.IsPrivate ? !process.SharesMemoryWith.Contains(other.Pid) : !LockGraph.HaveSameNumbers(process, other.Record))
                continue;
            foreach (ThreadRecord thread in other.Record.Threads)
            {
                if (other.Record.NsTidOf(thread) is not { } number)
                    all = false;
                else if (number == held.OwnerTid)
                    return thread.Tid;
            }
        }
        // The kernel hands on what is inherited by priority.
        return all && held.Form != LockForm.PriorityInheriting ? Gone : null;
    }
}
