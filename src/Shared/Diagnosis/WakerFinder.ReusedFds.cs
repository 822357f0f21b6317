using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Whether the file that a blocked call waits for is the one that its fd leads to now: who shares the table may have put another one there (dup2(2)).</summary>
internal enum FdReuse
{
    /// <summary>Nobody else has the table, or the kernel's counts show that the call holds the file that is there.</summary>
    None,

    /// <summary>The same, if init, whose fd table may not be read, has none of these files.</summary>
    NoneButByInit,

    /// <summary>It shows nowhere.</summary>
    NotKnown,

    /// <summary>The counts show that no call holds the file that is there.</summary>
    Certain,
}

/// <summary>Fds that were replaced under a blocked call.</summary>
internal sealed partial class WakerFinder
{
    /// <summary>So many are named; where there are more, it may be anybody.</summary>
    private const int MostSharing = 32;

    /// <summary>Whether the fds that a thread's blocked call names may lead to other files by now than those it waits for. Ascending with doubt.</summary>
    public FdReuse ReuseOf(HostProcess process, ThreadRecord thread, Wait wait)
    {
        if (!References.IsShared(process.Record) || thread.Fds is not null)
            return FdReuse.None;
        FdReuse atBest = resources.Hidden == 0 ? FdReuse.None : resources.OnlyInitIsHidden ? FdReuse.NoneButByInit : FdReuse.NotKnown, found = FdReuse.None;
        foreach (int fd in References.FdsHeldBy(thread, wait))
        {
            if (found < atBest)
                found = atBest;
            if (process.Record.FindFd(fd)?.Description is not { } description || resources.Descriptors.ReferencesOf(description) is not { } references)
                found = FdReuse.NotKnown;
            else if (references.Beyond < references.Least)
                return FdReuse.Certain;
            // One more reference than is accounted for, by a descriptor that is not seen, would stand for the one that is lacking.
            else if (references.Beyond > references.Least || resources.Descriptors.Carriers.Exists(carrier => AreKin(carrier.Owner, process)))
                found = FdReuse.NotKnown;
        }
        return found;
    }

    /// <summary>
    /// Who could end the wait if its fd was replaced meanwhile, and the file that was there is one whose other end is seen: a pipe or socket that somebody has the one end
    /// of, and the other end nobody, or this process alone. By pid; 0, which is nobody's: too many to name.
    /// </summary>
    public ImmutableSortedSet<int> WakersIfReused(HostProcess process, Wait wait)
    {
        var found = ImmutableSortedSet.CreateBuilder<int>();
        foreach (Wait one in wait.Kind == WaitKind.Poll ? wait.Members : [wait])
        {
            switch (one.Kind)
            {
                case WaitKind.PipeRead or WaitKind.PipeWrite:
                    AddFarEndsOfPipes(process, one, found);
                    break;
                case WaitKind.SocketRead or WaitKind.SocketWrite:
                    AddFarEndsOfSockets(process, one, found);
                    break;
                case WaitKind.EventFd:
                    foreach (Holder holder in resources.EventFdHolders.Span)
                    {
                        if (holder.Owner.Record.FindFd(holder.Fd)?.Target.Id != one.Target!.Id)
                            AddIfSharing(process, holder.Owner, found);
                    }
                    break;
            }
        }
        if (found.Count > MostSharing)
            found.Add(0);
        return found.ToImmutable();
    }

    /// <summary>
    /// It may have by fork(2) what this process had: they are kin, or it has come of it and left. What was made in the tree of a command is there alone.
    /// </summary>
    private void AddIfSharing(HostProcess process, HostProcess other, ImmutableSortedSet<int>.Builder found)
    {
        if (found.Count <= MostSharing && MayShare(process, other))
            found.Add(other.Pid);
    }

    private bool MayShare(HostProcess process, HostProcess other) =>
        other != process && !IsObserversHelper(other) && (Command is { } tree && tree.Has(process) ? tree.Has(other) : AreKin(process, other) || MayHaveComeOf(process, other));

    /// <summary>What makes the agent's risky reads has pipes to the agent, and of nobody else's.</summary>
    private bool IsObserversHelper(HostProcess process) => process.Record.Ppid == resources.Look.ObserverPid && process.Record.Comm == "orphan-reads";

    /// <summary>Whether it may be an orphan of this process, or descend from one: who adopts orphans is above those whom they have lost.</summary>
    private bool MayHaveComeOf(HostProcess process, HostProcess other)
    {
        for (int steps = 0; steps < resources.Count && other.Record.StartTimeTicks >= process.Record.StartTimeTicks; steps++)
        {
            if (resources.ParentOf(other) is not { } parent)
                return true;
            if (parent.Record.StartTimeTicks < process.Record.StartTimeTicks)
                return resources.IsDescendant(process, parent);
            other = parent;
        }
        return false;
    }

    private void AddFarEndsOfPipes(HostProcess process, Wait wait, ImmutableSortedSet<int>.Builder found)
    {
        (FdAccess near, FdAccess far) = wait.Kind == WaitKind.PipeRead ? (FdAccess.Read, FdAccess.Write) : (FdAccess.Write, FdAccess.Read);
        foreach (HostProcess other in resources.Processes)
        {
            if (found.Count > MostSharing)
                return;
            if ((resources.LooseEndsOf(other) & far) != 0 && MayShare(process, other) && HasLooseEnd(other, far))
                found.Add(other.Pid);
        }
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (fd.Target.Kind != FdKind.Pipe || fd.Target.Id == wait.Target!.Id || (fd.Access & near) == 0 || resources.IsHeldBeyond(process, fd.Target, near))
                continue;
            foreach (Holder holder in resources.HoldersOf(fd.Target).Span)
            {
                if ((holder.Access & far) != 0)
                    AddIfSharing(process, holder.Owner, found);
            }
        }
    }

    /// <summary>
    /// Whether such an end, see <see cref="ResourceIndex.LooseEndsOf"/>, may lead to whom it is asked for. What the command was given it had one end of alone, and who has the other need not be seen; and what a child of a
    /// hidden process has, that may have the other end of.
    /// </summary>
    private bool HasLooseEnd(HostProcess process, FdAccess end)
    {
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (fd.Target.Kind == FdKind.Pipe && fd.Access == end && !resources.IsHeldBeyond(null, fd.Target, FdAccess.ReadWrite & ~end)
                && !IsGiven(fd.Target) && !IsAnyAChildOfTheHidden(resources.HoldersOf(fd.Target)))
                return true;
        }
        return false;
    }

    private bool IsGiven(FdTarget target) => resources.Look.GivenToCommand?.Any(given => given.Target.Kind == target.Kind && given.Target.Id == target.Id) == true;

    private void AddFarEndsOfSockets(HostProcess process, Wait wait, ImmutableSortedSet<int>.Builder found)
    {
        foreach (SocketRecord socket in resources.Look.Sockets ?? [])
        {
            if (socket.Peer is not { } peer || peer == 0 || peer == wait.Target!.Id || resources.IsHeldBeyond(process, new FdTarget(FdKind.Socket, peer, $"socket:[{peer}]"), FdAccess.ReadWrite))
                continue;
            OrderedList<Holder> holders = resources.HoldersOfSocket(socket.Inode);
            if (IsAnyAChildOfTheHidden(holders))
                continue;
            foreach (Holder holder in holders.Span)
                AddIfSharing(process, holder.Owner, found);
        }
    }
}
