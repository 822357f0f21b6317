using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// What a shell without job control has started with <c>&amp;</c>: it ignores SIGINT and SIGQUIT (POSIX, Shell Command Language, 2.12 Signals), of which the shell itself
/// ignores SIGQUIT at most, as bash does: where it was started with SIGINT ignored, nothing tells them apart. For such a child a shell
/// waits only where it has nothing in the foreground, though its wait(2) is for any.
/// </summary>
internal static class Background
{
    public static bool Is(ProcessRecord parent, ProcessRecord child) =>
        (child.SignalsIgnored & SignalMask.OfTheBackground) == SignalMask.OfTheBackground && (parent.SignalsIgnored & SignalMask.Interrupt) == 0;

    /// <summary>Whether it reads at its stdin what its parent writes, and writes at its stdout what that reads: a shell goes on beside it, and bash lets it take SIGINT.</summary>
    private static bool IsCoprocess(ResourceIndex resources, HostProcess parent, HostProcess child) =>
        HasFarEndOf(resources, parent, child.Record.FindFd(0), FdAccess.Write) && HasFarEndOf(resources, parent, child.Record.FindFd(1), FdAccess.Read);

    private static bool HasFarEndOf(ResourceIndex resources, HostProcess parent, FileDescriptor? fd, FdAccess access)
    {
        if (fd is not { Target.Kind: FdKind.Pipe or FdKind.Socket })
            return false;
        foreach (Holder holder in resources.FarHoldersOf(fd.Target).Span)
        {
            if (holder.Owner == parent && (holder.Access & access) != 0)
                return true;
        }
        return false;
    }

    private static HostProcess Younger(HostProcess? one, HostProcess other) =>
        one is not null && (one.Record.StartTimeTicks, one.Pid).CompareTo((other.Record.StartTimeTicks, other.Pid)) > 0 ? one : other;

    /// <summary>
    /// Whether it waits for any of its children, and has some in the background and some that are not, of which one is the youngest: while something is in the foreground a shell starts nothing, and what bash starts for
    /// <c>&gt;(...)</c> takes SIGINT as well. Who is given what its descendants leave behind has more than what it has started.
    /// </summary>
    public static bool IsBesideAForeground(ResourceIndex resources, HostProcess parent)
    {
        HostProcess? front = null, back = null;
        foreach (HostProcess child in resources.ChildrenOf(parent).Span)
        {
            if (child.Record.IsZombie)
                continue;
            if (Is(parent.Record, child.Record))
                back = Younger(back, child);
            else if (!IsCoprocess(resources, parent, child))
                front = Younger(front, child);
        }
        return front is not null && back is not null && Younger(back, front) == front && parent.Record is { NsPid: not 1, IsSubreaper: not true }
            && parent.WaitsOf(resources.Look.Host) is [{ Kind: WaitKind.ChildWait, IsToldBySignal: false } wait] && wait.Children?.Pid is null;
    }
}
