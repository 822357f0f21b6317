using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Children: those whose end is waited for.</summary>
internal sealed partial class WakerFinder
{
    private readonly List<HostProcess> _below = [];

    private void FindChildren(HostProcess parent, Wait wait, IWakerSink sink)
    {
        ChildSelector selector = wait.Children ?? ChildSelector.Any;
        if (selector is { ByPidFd: true, Pid: { } one })
        {
            FindProcess(one, wait, sink);
            return;
        }
        ReadOnlySpan<HostProcess> children = resources.ChildrenOf(parent).Span;
        bool any = false, exited = false;
        foreach (HostProcess child in children)
        {
            if (!IsSelected(parent.Record, child.Record, selector))
                continue;
            any = true;
            exited |= child.Record.IsZombie && !(wait.IsToldBySignal && IsPast(parent.Record, child));
        }
        if (!any)
            Outside(wait, "the child that it waits for was not seen", sink);
        else if (exited)
            Outside(wait, "a child has already exited: it is about to wake", sink);
        else if (selector is { Pid: null, LeavesOutSome: false } && (parent.Record.SignalsIgnored & SignalMask.Child) != 0)
            FindEach(parent.Record, children, selector, wait, sink);
        else
            FindAny(parent, children, selector, wait, sink);
    }

    /// <summary>
    /// The parent waits for SIGCHLD, which is not pending, and stands in that wait since before the look at which the child had exited already: that word has come and gone. A guess takes
    /// it for granted.
    /// </summary>
    private bool IsPast(ProcessRecord parent, HostProcess child) =>
        (PendingOf(parent) & SignalMask.Child) == 0 && (guess || child.Before is { IsZombie: true });

    /// <summary>Mask of the signals that are pending for it or one of its threads.</summary>
    private static ulong PendingOf(ProcessRecord process)
    {
        ulong pending = process.SignalsPending;
        foreach (ThreadRecord thread in process.Threads)
            pending |= thread.SignalsPending.GetValueOrDefault();
        return pending;
    }

    /// <summary>The process of a pidfd, anybody's child.</summary>
    private void FindProcess(int pid, Wait wait, IWakerSink sink)
    {
        if (resources.Find(pid) is not { } process)
        {
            Outside(wait, "the process that it waits for was not seen", sink);
        }
        else if (process.Record.IsZombie)
        {
            Outside(wait, "the process that it waits for has exited: it is about to wake", sink);
        }
        else
        {
            sink.Begin(wait);
            sink.Add(process, null, direct: true);
            sink.End(Openness.Closed, null);
        }
    }

    /// <summary>
    /// Until it has exec'd, the child of vfork(2) has its parent's memory, program and arguments. Who shares memory was asked of suspects only: a guess
    /// takes the newest of the children that look so.
    /// </summary>
    private void FindVforked(HostProcess parent, Wait wait, IWakerSink sink)
    {
        ProcessRecord record = parent.Record;
        HostProcess[] children = [.. resources.ChildrenOf(parent).Where(child => !child.Record.IsZombie && child.Record.Exe == record.Exe)];
        HostProcess[] sharers = [.. children.Where(child => record.SharesMemoryWith.Contains(child.Pid))];
        if (sharers.Length > 0)
            children = sharers;
        else if (guess && children.Length > 1)
            children = [children.MaxBy(child => (child.Record.StartTimeTicks, child.Pid))!];
        if (children.Length == 0)
        {
            Outside(wait, "the child that it made with vfork was not seen", sink);
            return;
        }
        sink.Begin(wait);
        foreach (HostProcess child in children)
            sink.Add(child, null, direct: true);
        sink.End(Openness.Closed, null);
    }

    /// <summary>With SIGCHLD ignored, wait(2) blocks until all children have ended.</summary>
    private static void FindEach(ProcessRecord parent, ReadOnlySpan<HostProcess> children, ChildSelector selector, Wait wait, IWakerSink sink)
    {
        foreach (HostProcess child in children)
        {
            if (!IsSelected(parent, child.Record, selector))
                continue;
            sink.Begin(wait);
            sink.Add(child, null, direct: true);
            sink.End(Openness.Closed, null);
        }
    }

    private void FindAny(HostProcess process, ReadOnlySpan<HostProcess> children, ChildSelector selector, Wait wait, IWakerSink sink)
    {
        ProcessRecord parent = process.Record;
        bool aside = LeavesAside && Background.IsBesideAForeground(resources, process);
        sink.Begin(wait);
        bool more = true, deeper = false;
        foreach (HostProcess child in children)
        {
            // Of one that has exited the word is past, else it would not be asked who else there is.
            if (child.Record.IsZombie || !IsSelected(parent, child.Record, selector))
                continue;
            if (aside && Background.Is(parent, child.Record))
            {
                if (!guess)
                    _leftAside.Add($"{Narrator.Name(child.Record)}, which {Narrator.Name(parent)} runs in the background, may be the child that it waits for");
                continue;
            }
            deeper |= resources.ChildrenOf(child).Count > 0;
            more = more && sink.Add(child, null, direct: true);
        }
        // Init is given what its descendants leave behind, and so is a subreaper, which only back end ebpf sees.
        bool adopts = selector.Pid is null && (parent.NsPid == 1 || parent.IsSubreaper == true);
        if (adopts && more)
        {
            foreach (HostProcess child in children)
            {
                if (IsSelected(parent, child.Record, selector) && !AddBelow(child, sink))
                    break;
            }
        }
        if (selector.Pid is null && !adopts && deeper && parent.IsSubreaper is null)
            sink.Assume(Assumption.NoSubreaper);
        // A child that has become another user may not be listed.
        if (selector.Pid is null && resources.Look.OthersUnlisted)
            sink.End(Openness.Hidden, Unlisted);
        else
            sink.End(Openness.Closed, null);
    }

    private bool AddBelow(HostProcess process, IWakerSink sink)
    {
        _below.Clear();
        AddChildren(process);
        for (int next = 0; next < _below.Count && next <= resources.Count; next++)
        {
            if (!sink.Add(_below[next], null, direct: false))
                return false;
            AddChildren(_below[next]);
        }
        return true;

        void AddChildren(HostProcess parent)
        {
            foreach (HostProcess child in resources.ChildrenOf(parent).Span)
                _below.Add(child);
        }
    }

    /// <summary>The numbers in a wait are of the waiter's pid namespace.</summary>
    private static bool IsSelected(ProcessRecord waiter, ProcessRecord child, ChildSelector selector)
    {
        bool sameNumbers = waiter.NsPid == waiter.Pid;
        if (selector.Pid is { } pid)
            return (sameNumbers ? child.Pid : child.NsPid) == pid;
        // A group's number in a nested namespace cannot be told from here: then any child may be meant.
        return selector.Group is not { } group || !sameNumbers || child.Pgrp == group;
    }
}
