using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>FIFOs and POSIX queues. Where their name is gone nobody can open them any more.</summary>
internal sealed partial class WakerFinder
{
    /// <summary>Whether it may have no name any more, as far as is known without the costly facts.</summary>
    public static bool MayBeUnlinked(FdTarget? target) => target?.IsDeleted == true;

    /// <summary>Whether it has no name left. One that has lost a name may have another: a hard link, or one that it was given by linkat(2).</summary>
    public static bool IsUnlinked(ProcessRecord process, Wait wait) =>
        MayBeUnlinked(wait.Target) && wait.Fd is { } fd && process.FindFd(fd)?.Links == 0;

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
