using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Whether who holds a pipe is of the reader's own job, and seems to have it by mistake all the same.</summary>
internal sealed partial class Adoption
{
    /// <summary>
    /// Somebody counts on the reader's end, or the reader on that of a child that has exited: a parent that waits for this child and no other, or a child that has been
    /// dead since. And nobody of those who hold the write end does anything with it: each is beside the reader, or below it where a child has exited, and waits for
    /// something that has nothing to do with the pipe. One that is at work may be the writer whom all wait for.
    /// </summary>
    /// <param name="whole">The thread's wait, of which <paramref name="wait"/> may be a member.</param>
    private bool IsHeldByBystanders(HostProcess reader, Wait whole, Wait wait, bool guess)
    {
        if (!StreamEnds.IsRead(wait) || wait.Target!.Kind != FdKind.Pipe || wait.Fd is not { } fd)
            return false;
        // Waits are worked out anew wherever nobody is a suspect: what costs nothing is asked first.
        bool beside = fd is 0 or > 2, below = fd > 2 && whole.Members.All(PipeHazards.IsPipeRead);
        bool any = false;
        foreach (Holder holder in resources.HoldersOf(wait.Target!).Span)
        {
            if (IsReadersOwn(reader, fd, holder))
                continue;
            if (!IsWriteEnd(holder) || (holder.Access & FdAccess.Read) != 0 || holder.Fd <= 2 || holder.Owner.Record.IsZombie)
                return false;
            beside = beside && IsBeside(reader, holder, guess);
            below = below && IsOtherChild(reader, holder, guess);
            if (!beside && !below)
                return false;
            any = true;
        }
        if (!any)
            return false;
        // Who waits for other things as well, as servers do, may leave a child unwaited for.
        bool counted = beside ? IsWaitedFor(reader, fd) : HasDeadChild(reader);
        if (!counted)
            return false;
        foreach (Holder holder in resources.HoldersOf(wait.Target!).Span)
        {
            // Where reader and holder are both copies of one program, the one that sleeps may be the writer between two words.
            if (IsWriteEnd(holder) && !IsIdle(holder.Owner, IsCopy(holder.Owner) && !IsSameProgram(holder.Owner.Record, reader.Record)))
                return false;
        }
        return true;
    }

    /// <summary>Whether a parent waits for this child and no other; where others stand between the two, that were given the pipe before it, for the first of them.</summary>
    private bool IsWaitedFor(HostProcess reader, int fd) => GivenBy(reader, fd) is { Giver: { } parent } given && WaitsForChild(parent, given.Reader, alone: true);

    /// <summary>A child whose output is read to its end before it is waited for.</summary>
    private bool HasDeadChild(HostProcess reader)
    {
        foreach (HostProcess child in resources.ChildrenOf(reader).Span)
        {
            if (child.Record.IsZombie)
                return true;
        }
        return false;
    }

    private bool IsBeside(HostProcess reader, Holder holder, bool guess) =>
        holder.Owner != reader && !resources.IsDescendant(holder.Owner, reader) && !resources.IsDescendant(reader, holder.Owner)
        && (IsCopy(holder.Owner) ? MayBeInherited(holder) : IsLeftOpen(holder, guess));

    /// <summary>Another program than the reader, which was started while the pipe was open.</summary>
    private bool IsOtherChild(HostProcess reader, Holder holder, bool guess) =>
        resources.ParentOf(holder.Owner) == reader && !IsSameProgram(holder.Owner.Record, reader.Record) && IsLeftOpen(holder, guess);

    /// <summary>The end came to it through an exec, and its command line says nothing of it.</summary>
    private static bool IsLeftOpen(Holder holder, bool guess) =>
        guess || holder.Owner.Record.FindFd(holder.Fd)?.CloseOnExec == false && !(holder.Owner.Record.Cmdline is { } words && CommandLine.Names(words, holder.Fd));

    private bool IsCopy(HostProcess process) => resources.ParentOf(process) is { } parent && IsSameProgram(process.Record, parent.Record);

    /// <summary>
    /// It waits for what no pipe, file or connection brings: a client, or a signal. Who reads elsewhere may read what it is to write here. A program that sleeps, or waits for
    /// a child, comes to its end by and by; of a forked copy not even that can be said.
    /// </summary>
    private bool IsIdle(HostProcess process, bool copy)
    {
        foreach (Wait wait in process.WaitsOf(resources.Look.Host))
        {
            if (!IsIdle(wait, copy) && !(wait is { Kind: WaitKind.Poll, Members.IsEmpty: false } && wait.Members.All(member => IsIdle(member, copy))))
                return false;
        }
        return true;
    }

    private bool IsIdle(Wait wait, bool copy) =>
        wait.Kind == WaitKind.SignalWait || copy && wait.Kind is (WaitKind.Timer or WaitKind.ChildWait) || IsAccept(wait);
}
