using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Eventfds: who holds the same one.</summary>
internal sealed partial class WakerFinder
{
    /// <summary>
    /// An eventfd has but one end. Which one somebody has shows only in fdinfo: a holder of one that is not known may have this one. A guess takes
    /// those that are known.
    /// </summary>
    private void FindEventFdHolders(Wait wait, IWakerSink sink)
    {
        OrderedList<Holder> holders = resources.HoldersOf(wait.Target!);
        bool seen = holders.Count > 0, kernel = false;
        sink.Begin(wait);
        foreach (Holder holder in holders.Span)
        {
            kernel |= !guess && MayLetTheKernelAdd(holder.Owner.Record);
            if (sink.Add(holder.Owner, holder.Fd, direct: true))
                continue;
            sink.End(Openness.Closed, null);
            return;
        }
        Unseen unseen = guess ? Unseen.NotKnown : UnseenHolder.Of(resources.Look.Host, holders);
        if (!guess && unseen != Unseen.None)
        {
            foreach (Holder holder in resources.UntoldEventFdHolders.Span)
                sink.Add(holder.Owner, holder.Fd, direct: false);
        }
        sink.Assume(Assumption.NoAio);
        if (!seen || unseen == Unseen.Somebody)
            sink.End(Openness.Outside, HeldUnseen);
        else if (kernel)
            sink.End(Openness.Outside, "a holder has a device or the like open, for which the kernel may add to the eventfd");
        else if (!guess && resources.LostAHolder(wait.Target!))
            sink.End(Openness.Outside, "a holder has just let go of it");
        else if (unseen == Unseen.None)
            sink.End(Openness.Closed, null);
        else
            EndSighted(IsKept(wait.Target!, holders), holders, sink);
    }

    /// <summary>
    /// Virtual machines, vhost, VFIO, GPUs and control groups are given eventfds to tell of what happens: the kernel keeps them beyond all fd tables. What
    /// else has an anonymous inode is not known well enough.
    /// </summary>
    private static bool MayLetTheKernelAdd(ProcessRecord process)
    {
        foreach (FileDescriptor fd in process.Fds)
        {
            string text = fd.Target.Text;
            if (fd.Target.Kind == FdKind.Other && text.StartsWith("anon_inode:", StringComparison.Ordinal))
                return true;
            if (fd.Target.Kind == FdKind.Path
                && (text.StartsWith("/dev/", StringComparison.Ordinal) && !IsPlainDevice(text) || text.StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal)))
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsPlainDevice(string path) =>
        path is "/dev/null" or "/dev/zero" or "/dev/full" or "/dev/random" or "/dev/urandom" or "/dev/tty" or "/dev/console" or "/dev/ptmx"
        || path.StartsWith("/dev/pts/", StringComparison.Ordinal) || path.StartsWith("/dev/shm/", StringComparison.Ordinal);
}
