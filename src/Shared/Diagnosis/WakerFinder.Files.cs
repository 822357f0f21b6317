using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Objects with a name whose name is gone: FIFOs and POSIX queues that are unlinked, which nobody can open any more.</summary>
internal sealed partial class WakerFinder
{
    public static bool IsUnlinked(FdTarget? target) =>
        target is { Kind: FdKind.Path or FdKind.PosixQueue } && target.Text.EndsWith(" (deleted)", StringComparison.Ordinal);

    /// <summary>
    /// Everybody who has it open. Inode and device are read of suspects only; the link's text is the same for all duplicates of one open, and of an
    /// unlinked file it hardly ever names two.
    /// </summary>
    private void FindOpeners(HostProcess process, Wait wait, IWakerSink sink)
    {
        FileDescriptor own = process.Record.FindFd(wait.Fd!.Value)!;
        FdAccess other = wait.Kind switch
        {
            WaitKind.PipeRead => FdAccess.Write,
            WaitKind.PipeWrite => FdAccess.Read,
            _ => FdAccess.ReadWrite,
        };
        var holders = new OrderedList<Holder>();
        bool held = wait.Kind == WaitKind.PosixQueue;
        sink.Begin(wait);
        foreach (HostProcess opener in resources.Processes)
        {
            foreach (FileDescriptor fd in opener.Record.Fds)
            {
                if (fd.Target.Kind is not (FdKind.Path or FdKind.PosixQueue)
                    || fd.Target.Text != own.Target.Text && (guess || own.Inode is null || fd.Inode != own.Inode || fd.Device != own.Device))
                    continue;
                bool direct = (fd.Access & other) != 0;
                held |= direct;
                holders.Add(new Holder(opener, fd.Number, fd.Access));
                sink.Add(opener, fd.Number, direct);
            }
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
