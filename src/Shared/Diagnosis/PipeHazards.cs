using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Pipes that will not end when their reader thinks they do. Allocates nothing where there are none.</summary>
internal static class PipeHazards
{
    /// <summary>Signals that the C library and runtimes use among their own threads (32 to 34) say nothing of handlers.</summary>
    private const ulong OwnSignals = ~(7UL << 31);

    public static bool IsPipeRead(Wait wait) => wait is { Kind: WaitKind.PipeRead, Target.Kind: FdKind.Pipe };

    /// <summary>
    /// The wait of a process on a pipe both ends of which it has, and nobody else any. That is also how threads and signal handlers wake each other. So it
    /// counts only at fd 0, where nobody puts such a pipe, and for a process of one thread and without handlers that polls nothing else.
    /// </summary>
    public static Wait? FindOwn(ResourceIndex resources, HostProcess process)
    {
        ProcessRecord record = process.Record;
        bool alone = record.Threads.Length == 1 && record.ThreadsComplete && (record.SignalsCaught & OwnSignals) == 0;
        foreach (Wait wait in process.WaitsOf(resources.Look.Host))
        {
            if (IsOwn(resources, process, wait) && wait.Fd == 0)
                return wait;
            bool all = alone && wait.Bounded == Bounded.Yes && !wait.Members.IsEmpty;
            foreach (Wait member in wait.Members)
            {
                bool own = IsOwn(resources, process, member);
                if (own && member.Fd == 0)
                    return member;
                all &= own;
            }
            if (all)
                return wait.Members[0];
        }
        return null;
    }

    /// <summary>
    /// Whether who writes to it does not wait for room (O_NONBLOCK): so a process wakes its own loop, from a handler or from anywhere else. A pipe that was made for a child's output has a write end
    /// that waits. Also where that was not asked yet.
    /// </summary>
    public static bool IsBell(HostProcess process, Wait wait)
    {
        if (wait.Fd == 0)
            return false;
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (fd.Target.Equals(wait.Target) && (fd.Access & FdAccess.Write) != 0 && (fd.NonBlocking == true || fd.CloseOnExec is null))
                return true;
        }
        return false;
    }

    private static bool IsOwn(ResourceIndex resources, HostProcess process, Wait wait)
    {
        if (!IsPipeRead(wait) || !resources.OnlyInitIsHidden)
            return false;
        bool writes = false;
        foreach (Holder holder in resources.HoldersOf(wait.Target!).Span)
        {
            if (holder.Owner != process)
                return false;
            writes |= (holder.Access & FdAccess.Write) != 0;
        }
        return writes;
    }

    /// <summary>
    /// Whether somebody has the write end of a pipe that it has nothing to do with, as far as can be told without its flags: at an fd above 2 alone, in
    /// another program than its parent's (a forked worker has its fds on purpose), and one of these:
    /// <list type="bullet">
    /// <item>the reader made the pipe for the stdout of one of its children, and another child has it too;</item>
    /// <item>the reader reads its stdin, its parent feeds it, and another child of that parent has the feeding fd at the same number. A parent that waits for a
    /// child, or reads its terminal, may be a shell whose redirection this is.</item>
    /// </list>
    /// Where anybody has both ends it is a channel that many use: the tokens of a job server.
    /// </summary>
    public static bool IsBystander(ResourceIndex resources, HostProcess reader, Wait wait, Holder holder)
    {
        HostProcess process = holder.Owner;
        if (holder.Access != FdAccess.Write || holder.Fd <= 2 || process == reader || resources.ParentOf(process) is not { } parent
            || process.Record.Exe is not { } exe || parent.Record.Exe is not { } above || exe == above)
        {
            return false;
        }
        bool feeds = wait.Fd == 0 && parent == resources.ParentOf(reader) && MayFeed(resources, parent);
        bool collects = wait.Fd > 2 && parent == reader;
        if (!feeds && !collects)
            return false;
        bool hasItself = false, hasOwner = false;
        ReadOnlySpan<Holder> holders = resources.HoldersOf(wait.Target!).Span;
        foreach (Holder other in holders)
        {
            if (other.Owner == process)
            {
                if (other.Fd <= 2 || other.Access != FdAccess.Write)
                    return false;
            }
            else if (other.Access == FdAccess.Write)
            {
                hasItself |= other.Owner == reader;
                hasOwner |= feeds
                    ? other.Owner == parent && other.Fd == holder.Fd
                    : other.Fd is 1 or 2 && resources.ParentOf(other.Owner) == reader;
            }
        }
        return hasOwner && !hasItself && !AnyHasBothEnds(holders);
    }

    private static bool MayFeed(ResourceIndex resources, HostProcess parent)
    {
        foreach (Wait wait in parent.WaitsOf(resources.Look.Host))
        {
            if (wait.Kind is WaitKind.ChildWait or WaitKind.Tty)
                return false;
            foreach (Wait member in wait.Members)
            {
                if (member.Kind == WaitKind.Tty)
                    return false;
            }
        }
        return true;
    }

    /// <summary>Holders are in the order of their pids.</summary>
    private static bool AnyHasBothEnds(ReadOnlySpan<Holder> holders)
    {
        FdAccess access = FdAccess.None;
        for (int i = 0; i < holders.Length; i++)
        {
            access = i > 0 && holders[i].Owner == holders[i - 1].Owner ? access | holders[i].Access : holders[i].Access;
            if (access == FdAccess.ReadWrite)
                return true;
        }
        return false;
    }
}
