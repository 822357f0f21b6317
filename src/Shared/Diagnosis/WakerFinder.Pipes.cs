using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Pipes and eventfds: who holds an end.</summary>
internal sealed partial class WakerFinder
{
    /// <summary>
    /// Either end: a co-holder of the own end can resize the pipe (F_SETPIPE_SZ) and so wake a writer. A pipe whose other end nobody is seen
    /// to have would end the wait at once (end of file, or SIGPIPE), so that end is somewhere unseen. An eventfd has but one end.
    /// </summary>
    private void FindHolders(Wait wait, IWakerSink sink)
    {
        OrderedList<Holder> holders = resources.HoldersOf(wait.Target!);
        FdAccess other = wait.Kind == WaitKind.PipeRead ? FdAccess.Write : FdAccess.Read;
        bool held = wait.Kind == WaitKind.EventFd;
        sink.Begin(wait);
        foreach (Holder holder in holders.Span)
        {
            bool direct = wait.Kind == WaitKind.EventFd || (holder.Access & other) != 0;
            held |= direct;
            if (sink.Add(holder.Owner, holder.Fd, direct))
                continue;
            sink.End(Openness.Closed, null);
            return;
        }
        Unseen unseen = guess ? Unseen.NotKnown : UnseenHolder.Of(resources.Look.Host, holders);
        if (!held || unseen == Unseen.Somebody)
            sink.End(Openness.Outside, "its other end is held where it cannot be seen (in flight over a socket, say)");
        else if (!guess && resources.LostAHolder(wait.Target!))
            sink.End(Openness.Outside, "a holder has just let go of it");
        else if (unseen == Unseen.None)
            sink.End(Openness.Closed, null);
        else
            EndSighted(holders, sink);
    }
}
