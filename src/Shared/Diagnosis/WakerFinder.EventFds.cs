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
        bool seen = holders.Count > 0;
        (string? whyOpen, string? whyNotKnown) = guess ? (null, null) : WhatTheKernelMayAdd(wait, holders);
        sink.Begin(wait);
        foreach (Holder holder in holders.Span)
        {
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
        if (IsGivenToKernel(holders) is null)
            sink.Assume(Assumption.NoAio);
        if (!seen || unseen == Unseen.Somebody)
            sink.End(Openness.Outside, HeldUnseen);
        else if (whyOpen is not null)
            sink.End(Openness.Outside, whyOpen);
        else if (!guess && resources.LostAHolder(wait.Target!))
            sink.End(Openness.Outside, "a holder has just let go of it");
        else if (whyNotKnown is not null)
            sink.End(Openness.Hidden, whyNotKnown);
        else if (unseen == Unseen.None)
            sink.End(Openness.Closed, null);
        else
            EndSighted(IsKept(wait.Target!, holders), holders, sink);
    }

    /// <summary>
    /// Whether the kernel may add to it by itself, and why that is not known. Where its counts are not seen, it may wherever somebody has what it would do so for: a holder, or one of
    /// the family who has had it and has closed it since, for the kernel keeps it all the same. Who was born since the look before has set up nothing before those who stand still stood.
    /// </summary>
    private (string? WhyOpen, string? WhyNotKnown) WhatTheKernelMayAdd(Wait wait, OrderedList<Holder> holders)
    {
        if (IsGivenToKernel(holders) is { } given)
            return (given ? "the kernel was given the eventfd, and when it adds to it shows nowhere (AIO, an io_uring, a virtual machine)" : null, null);
        foreach (Holder holder in holders.Span)
        {
            if (MayLetTheKernelAdd(holder.Owner.Record))
                return ("a holder has a device or the like open, for which the kernel may add to the eventfd", null);
        }
        bool kept = IsKept(wait.Target!, holders);
        string? whyNotKnown = null;
        foreach (HostProcess process in resources.Processes)
        {
            // Of whom nothing may be read, the fd table may not be read either: that is said where it counts.
            if (process.Record.IsZombie || process.IsNew || process.IsHidden || process.Pid == resources.Look.ObserverPid || kept && Command?.Has(process) == false || !IsOfFamily(process, holders))
                continue;
            if (process.Record.HasAio == true || process.Record.HasIoUring == true || (process.TableFacts & LocalFacts.HasIoUring) != 0)
                return ($"{Narrator.Name(process.Record)} has an AIO context or an io_uring, through which the kernel may add to the eventfd", null);
            if (process.Record.HasAio is null)
                whyNotKnown ??= $"whether {Narrator.Name(process.Record)} has an AIO context or an io_uring, through which the kernel may add to the eventfd, could not be read";
        }
        return (null, whyNotKnown);
    }

    private bool IsOfFamily(HostProcess process, OrderedList<Holder> holders)
    {
        foreach (Holder holder in holders.Span)
        {
            if (holder.Owner == process || AreKin(process, holder.Owner))
                return true;
        }
        return false;
    }

    /// <summary>What the kernel's count says; null: it is not seen.</summary>
    private static bool? IsGivenToKernel(OrderedList<Holder> holders)
    {
        bool? given = null;
        foreach (Holder holder in holders.Span)
        {
            given = holder.Owner.Record.FindFd(holder.Fd)?.GivenToKernel ?? given;
            if (given == true)
                break;
        }
        return given;
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
