using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who could end a wait. Over-approximates whatever is not known: a waker too many costs a finding, a waker too few would
/// call a living process dead.
/// </summary>
internal sealed class WakerFinder(ResourceIndex resources, Steadiness? steadiness)
{
    public ImmutableArray<Clause> ClausesOf(int process, Wait wait) => wait.Kind switch
    {
        WaitKind.ChildWait => ChildClauses(process, wait),
        WaitKind.Poll => [Union(wait, wait.Members.Select(member => ClauseOf(process, member)))],
        _ => [ClauseOf(process, wait)],
    };

    private Clause ClauseOf(int process, Wait wait) => wait.Kind switch
    {
        WaitKind.PipeRead or WaitKind.PipeWrite when wait.Target is { Kind: FdKind.Pipe } => PipeClause(wait),
        WaitKind.EventFd when wait.Target is { Id: not 0 } => EventFdClause(wait),
        WaitKind.Futex when wait.Futex is { Private: true } => new Clause(wait, SharersOf(process), Openness.Closed, null),
        WaitKind.ChildWait => Union(wait, ChildClauses(process, wait)),
        WaitKind.Unknown => Clause.OutsideOf(wait, wait.Why ?? "it is not decoded"),
        _ => Clause.OutsideOf(wait, "what it waits for can come from outside"),
    };

    /// <summary>
    /// Either end: a co-holder of the own end can resize the pipe (F_SETPIPE_SZ) and so wake a writer. A pipe whose other end nobody is seen
    /// to have would end the wait at once (end of file, or SIGPIPE), so that end is somewhere unseen.
    /// </summary>
    private Clause PipeClause(Wait wait)
    {
        ImmutableArray<Holder> holders = resources.HoldersOf(wait.Target!);
        FdAccess other = wait.Kind == WaitKind.PipeRead ? FdAccess.Write : FdAccess.Read;
        ImmutableArray<Waker> wakers = [.. holders.Select(holder => new Waker(holder.Process, holder.Fd.Number, (holder.Fd.Access & other) != 0))];
        return wakers.Any(waker => waker.Direct)
            ? Sighted(wait, wakers, holders)
            : new Clause(wait, wakers, Openness.Outside, "its other end is held where it cannot be seen (in flight over a socket, say)");
    }

    private Clause EventFdClause(Wait wait)
    {
        ImmutableArray<Holder> holders = resources.HoldersOf(wait.Target!);
        return Sighted(wait, [.. holders.Select(holder => new Waker(holder.Process, holder.Fd.Number, Direct: true))], holders);
    }

    /// <summary>A private futex belongs to the memory, whichever process has it. Who shares it was asked of suspects only: a guess at them does without.</summary>
    private ImmutableArray<Waker> SharersOf(int process) => steadiness is null
        ? [new Waker(process, null, Direct: true)]
        : [.. resources[process].SharesMemoryWith.Select(resources.IndexOf).Where(other => other >= 0).Prepend(process).Select(sharer => new Waker(sharer, null, Direct: true))];

    /// <summary>Closes a clause as far as the fd tables that could not be read allow.</summary>
    private Clause Sighted(Wait wait, ImmutableArray<Waker> wakers, ImmutableArray<Holder> holders)
    {
        if (steadiness?.LostAHolder(wait.Target!, holders.Select(holder => resources[holder.Process].Key)) == true)
            return new Clause(wait, wakers, Openness.Outside, "a holder has just let go of it");
        if (resources.Hidden.IsEmpty)
            return new Clause(wait, wakers, Openness.Closed, null);
        // Init inherits from nobody. An end that it has, it made; and then the holders' ends came down from it, through processes that have all
        // let go of theirs. Where a holder is its own child that is likely, and elsewhere it is what the assumption says.
        bool onlyInit = resources.Hidden.All(hidden => resources[hidden].NsPid == 1)
            && holders.All(holder => !resources.Hidden.Contains(resources.ParentOf(holder.Process)));
        return onlyInit
            ? new Clause(wait, wakers, Openness.Closed, null) { Assumptions = [Assumption.InitHoldsNoEnd] }
            : new Clause(wait, wakers, Openness.Hidden, $"the fd tables of {resources.Hidden.Length} processes may not be read");
    }

    private ImmutableArray<Clause> ChildClauses(int process, Wait wait)
    {
        ChildSelector selector = wait.Children ?? ChildSelector.Any;
        ProcessRecord parent = resources[process];
        ImmutableArray<int> children = [.. resources.ChildrenOf(process).Where(child => IsSelected(parent, resources[child], selector))];
        if (children.IsEmpty)
            return [Clause.OutsideOf(wait, "the child that it waits for was not seen")];
        if (children.Any(child => resources[child].IsZombie))
            return [Clause.OutsideOf(wait, "a child has already exited: it is about to wake")];
        ImmutableArray<Waker> wakers = [.. children.Select(child => new Waker(child, null, Direct: true))];
        if (selector.Pid is not null)
            return [new Clause(wait, wakers, Openness.Closed, null)];
        // With SIGCHLD ignored, wait(2) blocks until all children have ended.
        if ((parent.SignalsIgnored & SignalMask.Child) != 0)
            return [.. wakers.Select(waker => new Clause(wait, [waker], Openness.Closed, null))];
        ImmutableArray<int> deeper = [.. children.SelectMany(Descendants)];
        // Init is given what its descendants leave behind. Another process may be a subreaper too, which /proc does not show.
        if (parent.NsPid == 1)
            return [new Clause(wait, [.. wakers, .. deeper.Select(node => new Waker(node, null, Direct: false))], Openness.Closed, null)];
        return [new Clause(wait, wakers, Openness.Closed, null) { Assumptions = deeper.IsEmpty ? [] : [Assumption.NoSubreaper] }];
    }

    private IEnumerable<int> Descendants(int process)
    {
        var pending = new Queue<int>(resources.ChildrenOf(process));
        for (int seen = 0; seen <= resources.Look.Processes.Length && pending.TryDequeue(out int next); seen++)
        {
            yield return next;
            foreach (int child in resources.ChildrenOf(next))
                pending.Enqueue(child);
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

    private static Clause Union(Wait wait, IEnumerable<Clause> parts)
    {
        ImmutableArray<Clause> clauses = [.. parts];
        Openness open = clauses.Max(clause => clause.Open);
        return new Clause(wait, [.. clauses.SelectMany(clause => clause.Wakers).Distinct()], open, clauses.First(clause => clause.Open == open).Why)
        {
            Parts = clauses,
            Assumptions = [.. clauses.SelectMany(clause => clause.Assumptions).Distinct()],
        };
    }
}
