using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Whether who holds a pipe has no business with it.</summary>
internal sealed partial class Adoption
{
    /// <summary>The thread of a reader that reads a pipe, without a timeout, whose write ends only processes hold that have them by mistake; or null.</summary>
    public HeldUp? HeldByUnrelated(HostProcess reader, ImmutableArray<Waiter> waiters)
    {
        foreach (Waiter waiter in waiters.Where(waiter => waiter.Wait.Bounded == Bounded.No))
        {
            if (StreamEnds.ReadsOf(waiter.Wait).FirstOrDefault(wait => IsHeldByUnrelated(reader, wait, guess: false) || IsHeldByBystanders(reader, waiter.Wait, wait, guess: false)) is not { } held)
                continue;
            ImmutableArray<Holder> holders = [.. resources.HoldersOf(held.Target!).Where(IsWriteEnd)];
            bool copies = holders.Any(holder => IsCopyOfTheParent(reader, holder.Owner)), beside = !IsHeldByUnrelated(reader, held, guess: false);
            // Two children of one parent may have been joined by it on purpose.
            return new HeldUp(reader.Pid, waiter, held, holders) { Doubtful = copies || beside, OnlyIfStill = beside };
        }
        return null;
    }

    /// <summary>Without the facts that only suspects have.</summary>
    public bool MayBeHeldByUnrelated(HostProcess reader)
    {
        foreach (Wait wait in reader.WaitsOf(resources.Look.Host))
        {
            if (wait.Bounded != Bounded.No)
                continue;
            if (wait.Kind != WaitKind.Poll && MayBeHeldByUnrelated(reader, wait, wait))
                return true;
            foreach (Wait member in wait.Members)
            {
                if (MayBeHeldByUnrelated(reader, wait, member))
                    return true;
            }
        }
        return false;
    }

    private bool MayBeHeldByUnrelated(HostProcess reader, Wait whole, Wait wait) =>
        IsHeldByUnrelated(reader, wait, guess: true) || IsHeldByBystanders(reader, whole, wait, guess: true);

    private bool IsHeldByUnrelated(HostProcess reader, Wait wait, bool guess)
    {
        // Of pipes alone: who has a socket of a pair at a number of its own may well have been given it to use.
        if (!StreamEnds.IsRead(wait) || wait.Target!.Kind != FdKind.Pipe || wait.Fd is not { } fd)
            return false;
        bool any = false, copies = true, strangers = true;
        foreach (Holder holder in resources.HoldersOf(wait.Target!).Span)
        {
            if (IsReadersOwn(reader, fd, holder))
                continue;
            // Whoever reads it too shares it; at fds 0 to 2 a program was given it to use.
            if (!IsWriteEnd(holder) || (holder.Access & FdAccess.Read) != 0 || holder.Fd <= 2)
                return false;
            copies = copies && IsCopyOfTheParent(reader, holder.Owner) && MayBeInherited(holder);
            strangers = strangers && IsUnrelated(reader, holder, guess);
            if (!copies && !strangers || !guess && Uses(holder.Owner, wait.Target!))
                return false;
            any = true;
        }
        return any && (strangers && WaitsForTheEnd(reader, fd, guess) || copies && IsLifeline(reader, fd, guess));
    }

    /// <summary>A read end of the reader, or of one above it that has handed it on and waits for that child, as a shell does that was started for the command (`sh -c 'wc; echo done'`).</summary>
    private bool IsReadersOwn(HostProcess reader, int fd, Holder holder) => !IsWriteEnd(holder) && (holder.Owner == reader
        || holder.Fd == fd && resources.IsDescendant(reader, holder.Owner) && holder.Owner.WaitsOf(resources.Look.Host) is [{ Kind: WaitKind.ChildWait }]);

    /// <summary>A reader of its stdin whose parent waits for it to have read all; or one that made the pipe itself, for a child that is gone.</summary>
    private bool WaitsForTheEnd(HostProcess reader, int fd, bool guess) => fd <= 2
        ? fd == 0 && resources.ParentOf(reader) is { } parent && WaitsForChild(parent, reader)
        : guess || reader.Record.FindFd(fd)?.CloseOnExec == true;

    /// <summary>
    /// A helper that was given the pipe at a number of its own and is to leave when it ends: its parent has let go of it, and waits for the helper alone.
    /// </summary>
    private bool IsLifeline(HostProcess reader, int fd, bool guess) =>
        fd > 2 && (guess || reader.Record.FindFd(fd)?.CloseOnExec == false)
        && resources.ParentOf(reader) is { } parent && !IsSameProgram(reader.Record, parent.Record) && WaitsForChild(parent, reader, alone: true);

    /// <summary>A child of the reader's parent that is still the same program: forked, with all that was open.</summary>
    public bool IsCopyOfTheParent(HostProcess reader, HostProcess holder) =>
        !holder.Record.IsZombie && resources.ParentOf(holder) is { } parent && parent == resources.ParentOf(reader) && IsSameProgram(holder.Record, parent.Record);

    /// <summary>A copy has at each number what its parent had there: where that has something else, the end came otherwise (SCM_RIGHTS), to be used.</summary>
    private bool MayBeInherited(Holder holder) =>
        resources.ParentOf(holder.Owner)?.Record.FindFd(holder.Fd)?.Target is not { } own || own.Equals(holder.Owner.Record.FindFd(holder.Fd)?.Target);

    /// <summary>
    /// Neither above nor below the reader, nor of one job with it (a pipeline may use higher fds on purpose), and another program, to which the end came
    /// through an exec, and whose command line says nothing of it (<c>--log-fd 4</c>).
    /// </summary>
    private bool IsUnrelated(HostProcess reader, Holder holder, bool guess)
    {
        ProcessRecord record = holder.Owner.Record;
        return !record.IsZombie && (record.Pgrp != reader.Record.Pgrp || record.Session != reader.Record.Session) && !IsSameProgram(record, reader.Record)
            && !resources.IsDescendant(holder.Owner, reader) && !resources.IsDescendant(reader, holder.Owner)
            && !(resources.ParentOf(holder.Owner) is { } parent && IsSameProgram(record, parent.Record))
            && IsLeftOpen(holder, guess);
    }

    /// <summary>Whether it runs, or waits for this pipe: then it has something to do with it, as far as can be seen.</summary>
    private bool Uses(HostProcess process, FdTarget pipe)
    {
        foreach (Wait wait in process.WaitsOf(resources.Look.Host))
        {
            if (wait.Kind == WaitKind.Running || wait.Target == pipe || wait.Members.Any(member => member.Target == pipe))
                return true;
        }
        return false;
    }
}
