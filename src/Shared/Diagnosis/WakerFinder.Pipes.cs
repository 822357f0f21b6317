using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Pipes: who holds an end.</summary>
internal sealed partial class WakerFinder
{
    private const string HeldUnseen = "an end of it is held where it cannot be seen (in flight over a socket, say)";

    /// <summary>
    /// Either end: a co-holder of the own end can resize the pipe (F_SETPIPE_SZ) and so wake a writer. A pipe whose other end nobody is seen
    /// to have would end the wait at once (end of file, or SIGPIPE), so that end is somewhere unseen.
    /// </summary>
    private void FindHolders(HostProcess process, Wait wait, IWakerSink sink, bool edgeTriggered)
    {
        OrderedList<Holder> holders = resources.HoldersOf(wait.Target!);
        FdAccess other = wait.Kind == WaitKind.PipeRead ? FdAccess.Write : FdAccess.Read;
        bool held = false;
        sink.Begin(wait);
        foreach (Holder holder in holders.Span)
        {
            bool direct = (holder.Access & other) != 0;
            held |= direct;
            if (sink.Add(holder.Owner, holder.Fd, direct))
                continue;
            sink.End(Openness.Closed, null);
            return;
        }
        if (!held)
            sink.End(Openness.Outside, HeldUnseen);
        else if (!guess && resources.LostAHolder(wait.Target!))
            sink.End(Openness.Outside, "a holder has just let go of it");
        else if (!guess && WhyPipeLetsGo(process.Record, wait, holders, edgeTriggered) is { } why)
            sink.End(Openness.Outside, why);
        else
            EndSighted(holders, sink);
    }

    /// <summary>
    /// The last look into the pipe itself, where the back end has it: what is waited for must not have come, and all who have an end must be seen.
    /// Null also where nothing of it was seen.
    /// </summary>
    private static string? WhyPipeLetsGo(ProcessRecord process, Wait wait, OrderedList<Holder> holders, bool edgeTriggered)
    {
        if (wait.Fd is not { } fd || process.FindFd(fd)?.Pipe is not { } pipe)
            return null;
        if (wait.Kind == WaitKind.PipeRead && pipe.Buffers > 0 && !edgeTriggered)
            return "there is something in the pipe: it is about to wake";
        // A member of a set may stand there for the end of the readers alone, room or not.
        if (wait is { Kind: WaitKind.PipeWrite, Call: not null } && pipe.Buffers < pipe.Capacity)
            return "there is room in the pipe: it is about to wake";
        return pipe.Readers > Seen(holders, FdAccess.Read) || pipe.Writers > Seen(holders, FdAccess.Write) ? HeldUnseen : null;
    }

    /// <summary>Number of open file descriptions with this access; one that cannot be told from others counts as another.</summary>
    private static int Seen(OrderedList<Holder> holders, FdAccess access)
    {
        var descriptions = new HashSet<ulong>();
        int untold = 0;
        foreach (Holder holder in holders.Span)
        {
            if ((holder.Access & access) == 0)
                continue;
            if (holder.Owner.Record.FindFd(holder.Fd)?.Description is { } description)
                descriptions.Add(description);
            else
                untold++;
        }
        return descriptions.Count + untold;
    }
}
