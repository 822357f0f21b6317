using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>FIFOs and POSIX queues. Where their name is gone nobody can open them any more.</summary>
internal sealed partial class WakerFinder
{
    public static bool IsUnlinked(FdTarget? target) =>
        target is { Kind: FdKind.Path or FdKind.PosixQueue } && target.Text.EndsWith(" (deleted)", StringComparison.Ordinal);

    /// <summary>Everybody who has it open.</summary>
    private void FindOpeners(HostProcess process, Wait wait, IWakerSink sink)
    {
        FileDescriptor own = process.Record.FindFd(wait.Fd!.Value)!;
        FdAccess other = wait.Kind switch
        {
            WaitKind.PipeRead => FdAccess.Write,
            WaitKind.PipeWrite => FdAccess.Read,
            _ => FdAccess.ReadWrite,
        };
        OrderedList<Holder> holders = resources.OpenersOf(own, guess);
        bool held = wait.Kind == WaitKind.PosixQueue;
        sink.Begin(wait);
        foreach (Holder holder in holders.Span)
        {
            bool direct = (holder.Access & other) != 0;
            held |= direct;
            sink.Add(holder.Owner, holder.Fd, direct);
        }
        Unseen unseen = guess ? Unseen.NotKnown : UnseenHolder.Of(resources.Look.Host, holders);
        if (!held || unseen == Unseen.Somebody)
            sink.End(Openness.Outside, "its other end is held where it cannot be seen (in flight over a socket, say)");
        else if (unseen == Unseen.None)
            sink.End(Openness.Closed, null);
        else
            EndSighted(false, holders, sink); // anybody may have opened it while it had its name
    }
}
