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
        ReadOnlySpan<HostProcess> children = resources.ChildrenOf(parent).Span;
        bool any = false, exited = false;
        foreach (HostProcess child in children)
        {
            if (!IsSelected(parent.Record, child.Record, selector))
                continue;
            any = true;
            exited |= child.Record.IsZombie;
        }
        if (!any)
            Outside(wait, "the child that it waits for was not seen", sink);
        else if (exited)
            Outside(wait, "a child has already exited: it is about to wake", sink);
        else if (selector.Pid is null && (parent.Record.SignalsIgnored & SignalMask.Child) != 0)
            FindEach(parent.Record, children, selector, wait, sink);
        else
            FindAny(parent.Record, children, selector, wait, sink);
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

    private void FindAny(ProcessRecord parent, ReadOnlySpan<HostProcess> children, ChildSelector selector, Wait wait, IWakerSink sink)
    {
        sink.Begin(wait);
        bool more = true, deeper = false;
        foreach (HostProcess child in children)
        {
            if (!IsSelected(parent, child.Record, selector))
                continue;
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
