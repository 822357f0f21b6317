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

    /// <summary>
    /// Whether it reads at its stdin a pipe that its parent writes to and does not read: a coprocess, or what was started for <c>&gt;(...)</c>. A shell goes on beside it, and bash lets it take SIGINT. What a shell has in the
    /// foreground reads what the shell reads, or what another command writes, or a FIFO by its name.
    /// </summary>
    private static bool IsFed(ResourceIndex resources, HostProcess parent, HostProcess child)
    {
        if (child.Record.FindFd(0) is not { Target: { Kind: FdKind.Pipe or FdKind.Socket } input })
            return false;
        bool writes = false;
        foreach (Holder holder in resources.FarHoldersOf(input).Span)
            writes |= holder.Owner == parent && (holder.Access & FdAccess.Write) != 0;
        return writes && !Reads(parent.Record, input);
    }

    private static bool Reads(ProcessRecord process, FdTarget input)
    {
        foreach (FileDescriptor fd in process.Fds)
        {
            if ((fd.Access & FdAccess.Read) != 0 && fd.Target == input)
                return true;
        }
        return false;
    }

    private static HostProcess Younger(HostProcess? one, HostProcess other) =>
        one is not null && (one.Record.StartTimeTicks, one.Pid).CompareTo((other.Record.StartTimeTicks, other.Pid)) > 0 ? one : other;

    /// <summary>
    /// Whether it waits for any of its children, and has some in the background and some that are not, of which one is the youngest: while something is in the foreground a shell starts nothing. Who is given what its
    /// descendants leave behind has more than what it has started.
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
            else if (!IsFed(resources, parent, child))
                front = Younger(front, child);
        }
        return front is not null && back is not null && Younger(back, front) == front && parent.Record is { NsPid: not 1, IsSubreaper: not true }
            && parent.WaitsOf(resources.Look.Host) is [{ Kind: WaitKind.ChildWait, IsToldBySignal: false } wait] && wait.Children?.Pid is null;
    }
}
