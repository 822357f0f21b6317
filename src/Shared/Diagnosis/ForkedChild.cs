using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// A child with one thread that runs what its parent runs, which has several: fork(2) copied the memory of all of them, and the one thread that called it.
/// </summary>
internal static class ForkedChild
{
    /// <summary>After an exec nothing would be left of the parent's memory.</summary>
    public static bool IsOfThreads(ResourceIndex resources, HostProcess child) =>
        child.Record is { Threads.Length: 1, Exe: { } exe, Cmdline: { } arguments }
        && resources.ParentOf(child)?.Record is { Threads.Length: > 1, Cmdline: { } above } parent && parent.Exe == exe && above.SequenceEqual(arguments);

    /// <summary>Whether it is such a child of that one.</summary>
    public static bool IsWorkerOf(ResourceIndex resources, int worker, int parent) =>
        resources.Find(worker) is { } process && resources.ParentOf(process)?.Pid == parent && IsOfThreads(resources, process);

    /// <summary>
    /// Its parent runs the same program, and waits for it and no other: to end, or to write to a pipe that was made for it. Who is to idle until a signal comes is not waited for so,
    /// and nobody but its one thread could wake it.
    /// </summary>
    public static bool IsAwaited(ResourceIndex resources, HostProcess child)
    {
        if (child.Record is not { Threads.Length: 1, Exe: { } exe, Cmdline: { } arguments }
            || resources.ParentOf(child) is not { Record: { Cmdline: { } above } record } parent || record.Exe != exe || !above.SequenceEqual(arguments))
            return false;
        foreach (Wait wait in parent.WaitsOf(resources.Look.Host))
        {
            if (wait.Bounded == Bounded.No && (wait is { Kind: WaitKind.ChildWait, Children: { Group: null } children } ? children.Pid is { } pid ? pid == child.Record.NsPid || pid == child.Pid : IsOnlyChild(resources, parent)
                : PipeHazards.IsPipeRead(wait) && IsOnlyWriter(resources.HoldersOf(wait.Target!), child)))
                return true;
        }
        return false;
    }

    private static bool IsOnlyChild(ResourceIndex resources, HostProcess parent)
    {
        int living = 0;
        foreach (HostProcess child in resources.ChildrenOf(parent).Span)
            living += child.Record.IsZombie ? 0 : 1;
        return living == 1;
    }

    private static bool IsOnlyWriter(OrderedList<Holder> holders, HostProcess child)
    {
        bool writes = false;
        foreach (Holder holder in holders.Span)
        {
            if ((holder.Access & FdAccess.Write) == 0)
                continue;
            if (holder.Owner != child)
                return false;
            writes = true;
        }
        return writes;
    }

    /// <summary>
    /// It waits on a futex that no thread is there to wake, and the only signal that it would wait for by design is the one that every interpreter catches: what
    /// it lacks may be what fork did not copy. Whether that is told hangs on whether somebody waits for it.
    /// </summary>
    public static bool MayLackAThread(ResourceIndex resources, HostProcess child, Wait wait) =>
        wait is { Kind: WaitKind.Futex, Futex.IsPrivate: true }
        && (child.Record.SignalsCaught & SignalMask.WaitedForByDesign & ~SignalMask.Interrupt) == 0
        && (IsOfThreads(resources, child) || IsAwaited(resources, child));
}
