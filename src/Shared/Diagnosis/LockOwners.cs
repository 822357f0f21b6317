using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Which thread of the host one that waits on a futex waits for, as the owner word of the lock names it, or as the one that is joined. The word has the number that the owner has in its own pid namespace
/// (pid_namespaces(7)): who has the memory may live in several, and then a number may be of several threads.
/// </summary>
internal static class LockOwners
{
    /// <summary>No such thread lives.</summary>
    public const int Gone = 0;

    /// <param name="resources">The look; null: asked of the process by itself.</param>
    /// <param name="process">Who waits.</param>
    /// <param name="wait">What one of its threads waits for.</param>
    /// <returns>A tid of the look's numbers, or <see cref="Gone"/>. Null: no word says it, or whom it names cannot be told.</returns>
    public static int? TidOf(ResourceIndex? resources, ProcessRecord process, Wait wait)
    {
        if (wait.Futex is not { } futex)
            return null;
        if (futex.JoinsTid is { } joined)
            return joined;
        if (futex.Lock is not { OwnerTid: > 0 } held)
            return null;
        // What fork copied of a private lock names a thread that has nothing to do with it any more, unless it is one of its own.
        if (resources is null || futex.IsPrivate && process.SharesMemoryWith.IsEmpty)
            return ThreadOf(process, held.OwnerTid)?.Tid;
        ImmutableArray<int> named = ProcessesNamed(resources, process, futex);
        // The kernel hands on what is inherited by priority.
        if (named.IsEmpty)
            return held.Form != LockForm.PriorityInheriting && process.ThreadsComplete && !MayLive(resources, process, futex) ? Gone : null;
        return named is [var pid] && !MayBeOfAnother(resources, resources[pid], process, futex) ? ThreadOf(resources[pid], held.OwnerTid)!.Tid : null;
    }

    /// <summary>Pids of those who have the memory and one of whose threads has the number that the word of a lock has. Of memory of which it is not known who has it: who waits, or another one of its pid namespace.</summary>
    public static ImmutableArray<int> ProcessesNamed(ResourceIndex resources, ProcessRecord process, FutexWait futex)
    {
        int number = futex.Lock!.OwnerTid;
        bool own = ThreadOf(process, number) is not null;
        ImmutableArray<int> sharers = SharersOf(resources, process, futex);
        var named = ImmutableArray.CreateBuilder<int>();
        if (own)
            named.Add(process.Pid);
        foreach (int pid in sharers)
        {
            if (pid != process.Pid && resources.Find(pid) is { } sharer && ThreadOf(sharer.Record, number) is not null)
                named.Add(pid);
        }
        if (!own && sharers.IsEmpty)
        {
            foreach (HostProcess other in resources.Processes)
            {
                if (HaveSameNumbers(process, other.Record) && ThreadOf(other.Record, number) is not null)
                    named.Add(other.Pid);
            }
        }
        return named.ToImmutable();
    }

    /// <summary>Whether a thread of another process than the one that waits is known to have that number in its pid namespace. A number that is not known counts as none.</summary>
    public static bool LivesElsewhere(ResourceIndex resources, ProcessRecord waiter, int number)
    {
        foreach (HostProcess other in resources.Processes)
        {
            if (other.Pid != waiter.Pid && HaveSameNumbers(waiter, other.Record) && ThreadOf(other.Record, number) is not null)
                return true;
        }
        return false;
    }

    /// <summary>Who has the memory that a process waits in, or may have it, that process itself or not; an init that may not be asked has it from nobody. Empty: not known.</summary>
    private static ImmutableArray<int> SharersOf(ResourceIndex resources, ProcessRecord process, FutexWait futex) =>
        futex.IsPrivate ? process.SharesMemoryWith
        : futex.Mapping is { } mapping && resources.SharedObjectOf(mapping) is { } shared && !shared.Mappers.IsEmpty
            ? [.. shared.Mappers, .. shared.Unknown.Where(pid => resources.Find(pid) is { Record.NsPid: not 1 })]
        : [];

    /// <summary>By the number that it has in its own pid namespace.</summary>
    private static ThreadRecord? ThreadOf(ProcessRecord process, int number)
    {
        if (process.NsPid == process.Pid)
            return process.FindThread(number);
        foreach (ThreadRecord thread in process.Threads)
        {
            if (process.NsTidOf(thread) == number)
                return thread;
        }
        return null;
    }

    /// <summary>Whether one of its threads has that number, or may: a number that is not known may be this one.</summary>
    private static bool MayHave(ProcessRecord process, int number)
    {
        foreach (ThreadRecord thread in process.Threads)
        {
            if ((process.NsTidOf(thread) ?? number) == number)
                return true;
        }
        return false;
    }

    /// <summary>Whether one who has the memory, and counts in another pid namespace than the owner by its looks, has threads whose numbers are not known.</summary>
    private static bool MayBeOfAnother(ResourceIndex resources, ProcessRecord owner, ProcessRecord process, FutexWait futex)
    {
        int number = futex.Lock!.OwnerTid;
        if (MayBe(process))
            return true;
        foreach (int pid in SharersOf(resources, process, futex))
        {
            if (resources.Find(pid) is { } sharer && MayBe(sharer.Record))
                return true;
        }
        return false;

        bool MayBe(ProcessRecord other) => other.Pid != owner.Pid && !HaveSameNumbers(owner, other) && MayHave(other, number);
    }

    /// <summary>Whether that number is of anybody, or may be, where the one who waits counts, or another one who has the memory: who has it mapped no more may map it again.</summary>
    private static bool MayLive(ResourceIndex resources, ProcessRecord process, FutexWait futex)
    {
        ImmutableArray<int> sharers = SharersOf(resources, process, futex);
        foreach (HostProcess other in resources.Processes)
        {
            if (!MayHave(other.Record, futex.Lock!.OwnerTid))
                continue;
            if (CountsWith(process, other.Record))
                return true;
            foreach (int pid in sharers)
            {
                if (resources.Find(pid) is { } sharer && CountsWith(sharer.Record, other.Record))
                    return true;
            }
        }
        return false;

        // Of a process whose namespaces may not be read it is shown as well that it is in one below that of the looker.
        bool CountsWith(ProcessRecord one, ProcessRecord other) => HaveSameNumbers(one, other)
            && !(other.NsPid != other.Pid && one.Namespaces?.Pid is { } own && resources.Find(resources.Look.ObserverPid)?.Record.Namespaces?.Pid == own);
    }

    /// <summary>Whether both count threads in the same pid namespace, as far as that is known.</summary>
    private static bool HaveSameNumbers(ProcessRecord a, ProcessRecord b) => a.Namespaces?.Pid is not { } one || b.Namespaces?.Pid is not { } other || one == other;
}
