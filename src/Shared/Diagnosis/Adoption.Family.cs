using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Whether who holds a pipe is what the reader's own family left behind.</summary>
internal sealed partial class Adoption
{
    /// <summary>It has lost its parent, or the one above it has, up to where the reader's own ancestors begin.</summary>
    private bool CameFromItsFamily(HostProcess reader, HostProcess holder, int? fd, bool guess) => OrphanAt(reader, holder, fd, guess) is not null;

    /// <summary>The orphan itself: the holder, or the one above it that has lost its parent. Null: the holder is nothing that the reader's family left behind.</summary>
    /// <param name="fd">At which the reader has what the other one holds.</param>
    public HostProcess? OrphanOf(HostProcess reader, HostProcess holder, int? fd) => OrphanAt(reader, holder, fd, guess: false);

    private HostProcess? OrphanAt(HostProcess reader, HostProcess holder, int? fd, bool guess)
    {
        HostProcess? current = holder;
        // A pid reused while the look walked could close a circle of parents.
        for (int steps = 0; current is not null && current != reader && steps < resources.Count; steps++)
        {
            if (resources.IsDescendant(reader, current))
                return null;
            if (WasAdoptedOver(reader, current, fd, guess))
                return current;
            current = resources.ParentOf(current);
        }
        return null;
    }

    /// <summary>
    /// Not older than the reader. Seen to lose its parent, below the reader; or found where no child of
    /// its parent could be. Of what a looker has adopted that runs the whole tree, the lost parent need not have been seen: all of it came from there.
    /// </summary>
    private bool WasAdoptedOver(HostProcess reader, HostProcess holder, int? fd, bool guess)
    {
        ProcessRecord record = holder.Record;
        // The first process of a pid namespace has its parent by the way containers are started, and is meant to outlive who started it.
        if (record is { NsPid: 1, Pid: not 1 } || resources.ParentOf(holder) is not { } parent)
            return false;
        bool given = fd is >= 0 and <= 2;
        HostProcess? family = reader;
        if (given)
            (reader, family) = GivenBy(reader, fd!.Value);
        // Who has adopted it lost no child by it.
        if (family is null || given && family == parent || IsOlder(record, family.Record))
            return false;
        if (memory.LostParentOf(record) is { } lost && (memory.CameFrom(record, family.Record) || lost.LostPpid is null && resources.IsDescendant(family, parent)))
            return !given || CountsOn(family, reader);
        if (given)
            return IsAdoptedOver(family, holder, parent, guess) && CountsOn(family, reader);
        // Below the reader itself: it has adopted it, or the first process of a container has that it runs (`docker exec`).
        if (parent == reader || parent.Record is { NsPid: 1, Pid: not 1 } && resources.IsDescendant(parent, reader))
            return record.IsAdopted == true || !IsChildBySession(record, parent.Record);
        return IsAdoptedOver(reader, holder, parent, guess) && (guess ? MayHaveMadeThePipe(reader, holder, parent) : MadeThePipe(reader, fd, holder, parent));
    }

    /// <summary>
    /// Who gave a reader its stdin, and to whom: those in between, which have the same thing at the same number, were given it as well (su(1), env(1), a wrapper script).
    /// </summary>
    private (HostProcess Reader, HostProcess? Giver) GivenBy(HostProcess reader, int fd)
    {
        FdTarget? given = reader.Record.FindFd(fd)?.Target;
        HostProcess? parent = resources.ParentOf(reader);
        for (int steps = 0; parent?.Record.FindFd(fd)?.Target == given && given is not null && parent is not null && steps < resources.Count; steps++)
            (reader, parent) = (parent, resources.ParentOf(parent));
        return (reader, parent);
    }

    /// <summary>Pids ascend: of those who started within one clock tick the one with the lower number was first.</summary>
    private static bool IsOlder(ProcessRecord process, ProcessRecord other) =>
        process.StartTimeTicks < other.StartTimeTicks || process.StartTimeTicks == other.StartTimeTicks && process.Pid < other.Pid;

    /// <summary>Beside it, below somebody who is above it, and who adopts: nobody but init and subreapers does. Where that is not known it may be one.</summary>
    private bool IsAdoptedOver(HostProcess family, HostProcess holder, HostProcess adopter, bool guess) =>
        adopter != family
        && (guess || adopter.Record.NsPid == 1 || adopter.Record.IsSubreaper != false)
        && !resources.IsDescendant(holder, family)
        && (resources.IsDescendant(family, adopter) || adopter.Record.NsPid == 1);

    /// <summary>
    /// A child is in its parent's session or leads one of its own. One in another session has been adopted, unless its parent left that session later, to
    /// lead one.
    /// </summary>
    private static bool IsChildBySession(ProcessRecord child, ProcessRecord parent) =>
        child.Session == child.Pid || child.Session == parent.Session || parent.Session == parent.Pid;

    /// <summary>
    /// A reader of its stdin was given the pipe by its parent (a pipeline, whose writer is its sibling): what the family lost is what the parent has lost,
    /// and the parent waits for the reader: for its exit, for a signal where it is told of that by SIGCHLD, or for the end of its output.
    /// </summary>
    private bool CountsOn(HostProcess parent, HostProcess reader)
    {
        if (WaitsForChild(parent, reader))
            return true;
        foreach (Wait wait in parent.WaitsOf(resources.Look.Host))
        {
            if (wait.Kind == WaitKind.SignalWait ? (parent.Record.SignalsCaught & SignalMask.Child) != 0 : wait.MayLast && (IsOutputOf(reader, wait) || IsOutputOfAny(reader, wait.Members)))
                return true;
        }
        return false;
    }

    private bool IsOutputOfAny(HostProcess process, ImmutableArray<Wait> members)
    {
        foreach (Wait member in members)
        {
            if (IsOutputOf(process, member))
                return true;
        }
        return false;
    }

    /// <summary>A stream whose other end the process has as its stdout or stderr, and nobody else has.</summary>
    private bool IsOutputOf(HostProcess process, Wait wait)
    {
        if (!StreamEnds.IsRead(wait) || !resources.IsHandedOn(wait.Target!))
            return false;
        bool any = false;
        foreach (Holder holder in resources.FarHoldersOf(wait.Target!).Span)
        {
            if (!IsWriteEnd(holder))
                continue;
            if (holder.Owner != process)
                return false;
            any |= holder.Fd is 1 or 2;
        }
        return any;
    }

    /// <param name="parent">Who waits.</param>
    /// <param name="child">For whom.</param>
    /// <param name="alone">It waits for this child and no other.</param>
    private bool WaitsForChild(HostProcess parent, HostProcess child, bool alone = false)
    {
        foreach (Wait wait in parent.WaitsOf(resources.Look.Host))
        {
            if (wait is { Kind: WaitKind.ChildWait, Children: var selected } && (selected?.Pid is { } pid ? pid == child.Record.NsPid || pid == child.Pid : !alone))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Who was given the pipe reads what a sibling writes: a log collector, say. Init starts no siblings of a process that is not its own child. Elsewhere
    /// a descriptor that is closed on exec was not handed on by one, unless the reader has the pipe at another one as well, or reader and parent are one program, forked; and a holder in the reader's own
    /// session, where the adopter is not, or is known to have adopted it, and the reader has not been adopted itself, came from the same job.
    /// </summary>
    private bool MadeThePipe(HostProcess reader, int? fd, HostProcess holder, HostProcess adopter)
    {
        ProcessRecord record = reader.Record;
        // Nobody is in a session who does not come from its leader.
        if (holder.Record.Session == reader.Pid)
            return true;
        HostProcess? parent = resources.ParentOf(reader);
        bool strange = holder.Record.Session != adopter.Record.Session;
        if (strange && adopter.Record.NsPid == 1 && parent != adopter)
            return true;
        if (fd is { } number && record.FindFd(number) is { CloseOnExec: true } end && !WasGiven(record, end.Target) && !(parent == adopter && (IsSameProgram(record, holder.Record) || IsSameProgram(record, adopter.Record))))
            return true;
        bool adopted = record.IsAdopted == true || record.Session != record.Pid && (parent is null || parent.Record.Session != record.Session);
        return (strange || holder.Record.IsAdopted == true) && record.Session == holder.Record.Session && !adopted;
    }

    /// <summary>
    /// It has the pipe at a descriptor that stays open on exec: one that was handed to it. Who is told to read /dev/fd/63 opens the pipe once more, closed on exec, and keeps what it was given.
    /// </summary>
    private static bool WasGiven(ProcessRecord reader, FdTarget pipe)
    {
        foreach (FileDescriptor fd in reader.Fds)
        {
            if (fd.CloseOnExec == false && fd.Target.Equals(pipe))
                return true;
        }
        return false;
    }

    /// <summary>Without what only suspects are asked.</summary>
    private bool MayHaveMadeThePipe(HostProcess reader, HostProcess holder, HostProcess adopter) =>
        holder.Record.Session != adopter.Record.Session
        || !(resources.ParentOf(reader) == adopter && (IsSameProgram(reader.Record, holder.Record) || IsSameProgram(reader.Record, adopter.Record)));

    private static bool IsSameProgram(ProcessRecord a, ProcessRecord b) =>
        a.Exe == b.Exe && a.Cmdline is { } cmdline && b.Cmdline is { } other && cmdline.AsSpan().SequenceEqual(other.AsSpan());
}
