using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Whether who holds a file lock was left behind with it.</summary>
internal sealed partial class Adoption
{
    /// <summary>
    /// The locks in the way of a waiter, if nobody has them but processes that have lost their parent and were given the open file with the lock on it: who took it has
    /// exited, or has let go of it. Null: somebody holds what it took itself, or may have.
    /// </summary>
    public LockLeft? LeftWithLock(HostProcess process, Waiter waiter)
    {
        ImmutableArray<Waker> holders = [.. waiter.Clauses.SelectMany(clause => clause.Wakers).Where(waker => waker is { Direct: true, Fd: not null })];
        bool sure = true, stays = false;
        int taker = 0;
        foreach (Waker waker in holders)
        {
            if (resources.Find(waker.Node) is not { } owner || owner.Record.FindFd(waker.Fd!.Value) is not { } file || TakerOf(file, waiter.Wait.Lock!) is not { } by
                || holders.Any(other => other.Node == by) || !WasLeftWith(process, owner, file, by, ref sure, ref stays))
                return null;
            taker = by;
        }
        // Of a clause without holders, or with others as well, it is not known who could end it.
        return holders.IsEmpty || waiter.Clauses.Any(clause => clause.Open == Openness.Outside) ? null : new LockLeft(process, waiter, holders, taker, sure) { MayStay = stays };
    }

    /// <summary>Pid of who took the lock in the way that is held through a descriptor, as far as it shows; null: it belongs to a process, and goes with it.</summary>
    private static int? TakerOf(FileDescriptor fd, Waits.LockRequest wanted)
    {
        foreach (FileLock held in fd.Locks ?? [])
        {
            if (held.Kind is LockKind.Flock or LockKind.Ofd && wanted.ConflictsWith(held))
                return held.Pid;
        }
        return null;
    }

    /// <summary>
    /// A daemon holds a lock for itself, and a second one waits for the first to end. It took the lock in its own program (the file is closed on exec, or it is older than
    /// who took it: a script asks flock(1)), or before it forked itself into the background. Whose stdio
    /// leads nowhere is no daemon.
    /// </summary>
    private bool WasLeftWith(HostProcess waiter, HostProcess holder, FileDescriptor file, int taker, ref bool sure, ref bool stays)
    {
        if (holder == waiter || resources.IsDescendant(waiter, holder))
            return false;
        // The waiter, or somebody above it, took it and let go of it, and whoever has it still is not below that one any more.
        if (resources.Find(taker) is { Record.IsZombie: false } own && (own == waiter || resources.IsDescendant(waiter, own)))
            return own.Record.StartTimeTicks <= holder.Record.StartTimeTicks && !resources.IsDescendant(holder, own);
        if (AdoptedAbove(holder, waiter, taker) is not { } adopted || taker >= holder.Pid)
            return false;
        bool noDaemon = HasDeadStdio(holder, guess: false);
        bool mayBeItsOwn = file.CloseOnExec != false || IsSameProgram(holder.Record, waiter.Record)
            || memory.LostParentOf(adopted.Record) is { LostPpid: { } lost, LostParent: var comm } && lost == taker && comm == adopted.Record.Comm;
        if (mayBeItsOwn && !noDaemon)
            return false;
        bool ofTheFamily = IsOfTheFamily(waiter, holder, adopted);
        bool made = !noDaemon && IsMadeToStay(holder.Record, waiter.Record);
        stays |= made;
        sure = sure && !mayBeItsOwn && (noDaemon || ofTheFamily && !made);
        return taker > 0 || ofTheFamily || noDaemon;
    }

    /// <summary>
    /// Whether it was started so that it outlives who started it, as a server is: by nohup(1), or with outputs of its own. The lock may have been handed to it, for as long as it lives, by a script that takes one and
    /// starts it; nothing else tells that from a lock that it was left with. What writes where the waiter writes, as what is forgotten does, was started beside it.
    /// </summary>
    private static bool IsMadeToStay(ProcessRecord holder, ProcessRecord waiter)
    {
        if ((holder.SignalsIgnored & ~waiter.SignalsIgnored & SignalMask.HangUp) != 0)
            return true;
        bool any = false;
        foreach (FileDescriptor fd in holder.Fds)
        {
            if (fd.Number is not (1 or 2))
                continue;
            any = true;
            // Errors alone that go to /dev/null, of a waiter that writes elsewhere, are nothing that they share.
            if (waiter.FindFd(1)?.Target == fd.Target || fd.Target is not { Kind: FdKind.Path, Text: "/dev/null" } && waiter.FindFd(2)?.Target == fd.Target)
                return false;
        }
        return any;
    }

    /// <summary>It, or the nearest above it, that has lost its parent; null: none has, up to where those are that are above the waiter as well. A parent that took the lock, and lives, is not lost.</summary>
    private HostProcess? AdoptedAbove(HostProcess holder, HostProcess waiter, int taker)
    {
        HostProcess? current = holder;
        // A pid reused while the look walked could close a circle of parents.
        for (int steps = 0; current is not null && steps < resources.Count; steps++)
        {
            ProcessRecord record = current.Record;
            if (record is { NsPid: 1, Pid: not 1 } || resources.ParentOf(current) is not { } parent || parent.Pid == taker || resources.IsDescendant(waiter, current))
                return null;
            if (memory.LostParentOf(record) is not null || parent.Record.NsPid == 1 || !IsChildBySession(record, parent.Record))
                return current;
            current = parent;
        }
        return null;
    }

    /// <summary>Seen below somebody who is above the waiter, and not above who has adopted it; or of the waiter's session, which is not the adopter's own doing.</summary>
    private bool IsOfTheFamily(HostProcess waiter, HostProcess holder, HostProcess adopted)
    {
        HostProcess adopter = resources.ParentOf(adopted)!;
        HostProcess? above = resources.ParentOf(waiter);
        for (int steps = 0; above is not null && above != adopter && !resources.IsDescendant(adopter, above) && steps < resources.Count; steps++)
        {
            if (memory.CameFrom(adopted.Record, above.Record))
                return true;
            above = resources.ParentOf(above);
        }
        ProcessRecord record = waiter.Record;
        return holder.Record.Session == record.Session
            && (record.Session == record.Pid || resources.ParentOf(waiter) is { } parent && parent != adopter && parent.Record.Session == record.Session);
    }
}

/// <summary>A process that waits for a file lock which only processes hold that were left behind with it.</summary>
/// <param name="Process">Who waits.</param>
/// <param name="Waiter">Its thread.</param>
/// <param name="Holders">All fds through which the locks in its way are held.</param>
/// <param name="Taker">Pid of who took the lock; 0 or less: not known.</param>
/// <param name="Sure">They came from the family of the waiter, or their stdio says that they are no daemons.</param>
internal sealed record LockLeft(HostProcess Process, Waiter Waiter, ImmutableArray<Waker> Holders, int Taker, bool Sure)
{
    /// <summary>A holder was started to outlive who started it: the lock may have been handed to it on purpose.</summary>
    public bool MayStay { get; init; }

    /// <summary>A holder wakes now and then.</summary>
    public bool Wakes { get; init; }
}
