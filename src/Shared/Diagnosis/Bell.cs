using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Where a thread of a runtime waits for something within its program, or for a child: it polls an eventfd that nobody else has, and nothing besides, to which its other threads add, and its handlers of signals. It is
/// what a futex is elsewhere, and no eventfd of the program's. Which runtimes wait so is data, <c>bell</c> of <see cref="RuntimeData"/>.
/// </summary>
internal static class Bell
{
    public static bool Is(ResourceIndex resources, HostProcess process, Wait wait)
    {
        if (wait is not { Kind: WaitKind.Poll, Members: [{ Kind: WaitKind.EventFd, WaitsForRoom: false, Target: { } target }] }
            || Housekeeping.In(process.Record, process.WaitsOf(resources.Look.Host)) is not { HasBell: true })
            return false;
        foreach (Holder holder in resources.HoldersOf(target).Span)
        {
            if (holder.Owner != process)
                return false;
        }
        return true;
    }
}
