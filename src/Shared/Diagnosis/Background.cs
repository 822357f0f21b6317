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

    /// <summary>Whether it waits for any of its children, and has some in the background and some that are not. Who is given what its descendants leave behind has more than what it has started.</summary>
    public static bool IsBesideAForeground(ResourceIndex resources, HostProcess parent)
    {
        bool front = false, back = false;
        foreach (HostProcess child in resources.ChildrenOf(parent).Span)
        {
            if (child.Record.IsZombie)
                continue;
            bool behind = Is(parent.Record, child.Record);
            back |= behind;
            front |= !behind;
        }
        return front && back && parent.Record is { NsPid: not 1, IsSubreaper: not true }
            && parent.WaitsOf(resources.Look.Host) is [{ Kind: WaitKind.ChildWait, IsToldBySignal: false } wait] && wait.Children?.Pid is null;
    }
}
