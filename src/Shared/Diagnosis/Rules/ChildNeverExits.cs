using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A parent waits for its child to exit, and the child waits for the parent, or can never run again for a reason of its own.
/// <code>
/// parent  waits for child to exit
/// child   reads a            a: parent/5w child/0r
/// </code>
/// Who polls a pidfd need not be its parent: then it is not said to be, and where none of those who wait for an exit has to do with a child of its own it is no story of this rule unless one holds what the other waits for.
/// What the child waits for may also be held by a third that waits for the parent, and between the two may stand others that wait for a child of theirs: a shell.
/// A runtime whose main thread could be idling until Ctrl-C is not by its looks: another thread of it, or a worker that it has forked, waits for that child, and so is at work.
/// </summary>
internal sealed class ChildNeverExits : IncidentRule
{
    public override RuleInfo Info => Told;

    internal static RuleInfo Told { get; } = new("child-never-exits", FindingClass.Deadlock,
        "A parent waits for its child to exit, and the child can never run again: it waits for the parent, or is stuck by itself.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        if (OfSeveral(incident, narrator) is { } several)
            return several;
        Line[] lines =
        [
            .. incident.Edges
                .Where(edge => edge is { IsKinship: false, Part.Kind: WaitKind.ChildWait })
                .SelectMany(edge => edge.To.Select(waker => (Parent: edge.From, Child: waker.Node)))
                // A parent upstream waits for a child that is stuck by itself; where others are, theirs is the story.
                .Where(pair => incident.Core.Contains(pair.Child) && (incident.Core.Contains(pair.Parent) || incident.Core.Count == 1))
                .Select(pair => Down(incident, pair.Parent, pair.Child))
                .Where(line => line.Back is not null || Enumerable.Range(1, line.Waiters.Length - 1).Any(place => !IsStranger(incident, line.Waiters[place - 1], line.Waiters[place])))
                // A client waits for somebody to accept, and not to let go.
                .Where(line => line.Back is null || !NeverAccepted.IsAtListener(incident.Evidence.Resources, line.Back.Part))
                // Where a parent itself has what the last one waits for, and not somebody else: that is the one to let go.
                .OrderByDescending(line => line.Back is { } back && back.To.Any(waker => waker.Node == line.Waiters[0])),
        ];
        return lines is [var first, ..] ? Tell(incident, narrator, first) : null;
    }

    /// <summary>A parent that waits for any of its children, each of which is stuck by itself.</summary>
    private static Verdict? OfSeveral(Incident incident, Narrator narrator)
    {
        if (incident.Core.Count < 2 || incident.Edges.Any(edge => incident.Core.Contains(edge.From) && edge.To.Any(waker => waker.Node != edge.From)))
            return null;
        IncidentEdge? wait = incident.Edges.FirstOrDefault(edge => edge is { IsKinship: false, Part.Kind: WaitKind.ChildWait } && edge.To.Count(waker => incident.Core.Contains(waker.Node)) == incident.Core.Count);
        if (wait is null)
            return null;
        string parent = narrator.Name(wait.From), children = Narrator.Listing(incident.Core.Order().Select(narrator.Name));
        string remedy = $"{parent} goes on when one of {children} exits.";
        return new Verdict(
            $"{parent} waits for one of its children to exit, and none of {children} can ever run again.",
            [.. incident.Core.Order().Select(child => StuckSetRule.ByItself(incident, narrator, child) with { Remedy = remedy })])
        { NamesFault = false };
    }

    /// <summary>From a parent down: a child that itself waits for a child (a shell for its command) has no more to do with it than that.</summary>
    private static Line Down(Incident incident, int parent, int child)
    {
        List<int> waiters = [parent, child];
        while (true)
        {
            IncidentEdge[] waits = [.. incident.Edges.Where(edge => edge.From == waiters[^1] && !edge.IsKinship && edge.To.Any(waker => waker.Node != edge.From))];
            IncidentEdge? back = waits.Where(edge => edge.Part.Kind != WaitKind.ChildWait).OrderByDescending(edge => edge.To.Any(waker => waker.Node == parent)).FirstOrDefault();
            int? next = back is not null ? null : waits.SelectMany(edge => edge.To).Select(waker => (int?)waker.Node).FirstOrDefault(node => incident.Core.Contains(node!.Value) && !waiters.Contains(node.Value));
            if (next is not { } below)
                return new Line([.. waiters], back);
            waiters.Add(below);
        }
    }

    private static Verdict Tell(Incident incident, Narrator narrator, Line line)
    {
        int parent = line.Waiters[0], last = line.Waiters[^1];
        string waiter = narrator.Name(parent), child = narrator.Name(line.Waiters[1]), waited = narrator.Name(last);
        string wait = $"{waiter} waits for {Awaited(1)} to exit{string.Concat(Enumerable.Range(2, line.Waiters.Length - 2).Select(place => $", which waits for {Awaited(place)}"))}, and {waited}";
        string Awaited(int place) => $"{(IsStranger(incident, line.Waiters[place - 1], line.Waiters[place]) ? "" : "its child ")}{narrator.Name(line.Waiters[place])}";
        ImmutableArray<Waker> holders = line.Back is null ? [] : [.. line.Back.To.Where(waker => waker.Node != last && waker.Fd is not null).OrderByDescending(waker => waker.Node == parent)];
        if (holders.IsEmpty && OwnerOf(incident, line) is { } owner)
        {
            string has = narrator.Name(owner.Process.Pid), held = LockStory.ThingOf(line.Back!.Part);
            return new Verdict($"{wait} waits for {held}, which {has} has.", [new Culprit(owner.Process.Pid, null, line.Back.Part.Resource!, $"It ends when {has} lets go of {held} before it waits for {narrator.Name(line.Waiters[line.Waiters.IndexOf(owner.Process.Pid) + 1])}.")]);
        }
        if (holders.IsEmpty && MayHaveLock(incident, line) is { Length: > 0 } mayHave)
            return OfUnnamedLock(narrator, line, wait, mayHave);
        if (holders.IsEmpty && line.Back is null && AwaitedBy(incident, last).Select(awaited => line.Waiters.IndexOf(awaited)).FirstOrDefault(place => place >= 0 && place < line.Waiters.Length - 1, -1) is >= 0 and var first)
            return new Verdict($"{wait} waits for {narrator.Name(line.Waiters[first])} to exit.", OfExits(narrator, line.Waiters[first..])) { NamesFault = false };
        if (holders.IsEmpty)
        {
            return new Verdict($"{wait} can never run again.", [StuckSetRule.ByItself(incident, narrator, last)]) { NamesFault = false };
        }
        int[] relays = [.. incident.Core.Where(member => Relay.Is(incident, member))];
        string resource = line.Back!.Part.Resource ?? "?";
        string FdsOf(int pid) => $"fd {Narrator.Listing(holders.Where(holder => holder.Node == pid).Select(holder => $"{holder.Fd}"))}";
        string who = Narrator.Listing(holders.Select(holder => holder.Node).Distinct().Select(pid => $"{narrator.Name(pid)} ({FdsOf(pid)})"));
        // Who has the other end of what it reads as well may wait for a message in its own queue, and for no end.
        string itself = line.Back.WakersOf(last) is [{ Fd: not null }, ..] ? $" and by {waited} itself ({line.Back.FdsOf(last)})" : "";
        bool maySay = itself.Length > 0 && line.Back.Part.Kind == WaitKind.PipeRead;
        bool atWork = IsAtWork(incident, parent, holders);
        // A prompt: who has the other side of the terminal was to answer, or to show it to somebody who does.
        bool asks = line.Back.Part is { Kind: WaitKind.Tty, WaitsForRoom: false, OnlyForTheEnd: false };
        string letGo = asks ? $"It ends when {Narrator.Listing(holders.Select(holder => holder.Node).Distinct().Select(narrator.Name))} types at {resource} what {waited} waits for, or closes {Narrator.Listing(holders.Select(holder => $"fd {holder.Fd}").Distinct())}, its other side."
            : maySay
            ? $"It ends when something is written to {resource}; or, if it is the end of that for which {waited} waits, when it is let go of by {who}{itself}."
            : holders.All(holder => holder.Node == parent)
            ? $"It ends when {waiter} closes {FdsOf(parent)}{narrator.OthersLetGo(line.Back, parent)} before it waits for {child}."
            : $"It ends when {resource} is let go of by {who}{(itself.Length == 0 ? "" : $",{itself}")}.";
        string what = asks ? $"type at {resource}" : maySay ? $"write to {resource}, or let go of it" : $"let go of {resource}";
        return new Verdict($"{wait} waits for {who} to {what}.", [.. holders.Select(holder => new Culprit(holder.Node, holder.Fd, resource, letGo))])
        {
            // A supervisor that ends its idle workers when it is told to stands the same way; but who has waited for long for one child, and has itself what that waits for, is to blame.
            NamesFault = atWork || (incident.Evidence.CountsLess || relays.Length > 0) && holders[0].Node == parent && incident.HasStoodStill
                && !incident.Core.Any(member => incident.Evidence.Graph.NodeOf(member).MayWaitForSignal && !relays.Contains(member)),
            OnlySuspected = relays.Length > 0 || atWork,
            SpeaksAgainstIdling = atWork,
            Doubts = incident.Evidence.CountsLess ? [.. DeadlockTeller.WhoMayEndAChild(incident)] : [],
        };
    }

    /// <summary>Whether one waits for the end of another by a pidfd, and is not its parent.</summary>
    private static bool IsStranger(Incident incident, int waiter, int awaited) =>
        incident.Evidence.Resources.Find(awaited) is { } process && incident.Evidence.Resources.ParentOf(process)?.Pid != waiter
        && incident.Edges.Any(edge => edge is { IsKinship: false, Part: { Kind: WaitKind.ChildWait, Target.Kind: FdKind.PidFd } } && edge.From == waiter && edge.To.Any(waker => waker.Node == awaited));

    /// <summary>Whose exit a process waits for.</summary>
    internal static IEnumerable<int> AwaitedBy(Incident incident, int process) =>
        incident.Edges.Where(edge => edge is { IsKinship: false, Part.Kind: WaitKind.ChildWait } && edge.From == process).SelectMany(edge => edge.To).Select(waker => waker.Node);

    /// <summary>Each of them waits for the exit of another: that of any would do.</summary>
    internal static ImmutableArray<Culprit> OfExits(Narrator narrator, IEnumerable<int> waiters) =>
        [.. waiters.Select(waiter => new Culprit(waiter, null, $"child:{waiter}", $"It ends when {narrator.Name(waiter)} exits."))];

    /// <summary>
    /// Whether all who may idle until Ctrl-C comes catch it as their runtime does in every program, have no terminal at which somebody might press it, and have kept, themselves or above a worker, what the child reads: to wait for
    /// a child that does so is no idling.
    /// </summary>
    private static bool IsAtWork(Incident incident, int parent, ImmutableArray<Waker> holders)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        ImmutableArray<int> idle = [.. incident.Core.Where(member => incident.Evidence.Graph.NodeOf(member).MayWaitForSignal)];
        return !idle.IsEmpty && incident.HasStoodStill
            && Housekeeping.AwaitsChildren(resources[parent], resources.Find(parent)!.WaitsOf(incident.Evidence.Last.Host)) == ChildWaiting.InCall
            && idle.All(member => resources[member].TtyNr == 0 && incident.Evidence.Graph.NodeOf(member) is { CatchesForItsRuntime: true, IsToldOfSignals: false })
            && holders.All(holder => holder.Node == parent || incident.Core.Contains(holder.Node) && (ForkedChild.IsWorkerOf(resources, parent, holder.Node) || AreWorkersOfOne(resources, parent, holder.Node)));
    }

    /// <summary>What a pool keeps open each of its workers has as well.</summary>
    private static bool AreWorkersOfOne(ResourceIndex resources, int one, int other) =>
        resources.Find(one) is { } process && resources.ParentOf(process) is { } pool && ForkedChild.IsWorkerOf(resources, one, pool.Pid) && ForkedChild.IsWorkerOf(resources, other, pool.Pid);

    /// <summary>The thread of one of those who wait that the lock names which the last of them wants.</summary>
    private static LockWaiter? OwnerOf(Incident incident, Line line)
    {
        if (line.Back is not { Part.Futex.Lock: not null } back)
            return null;
        LockWaiter[] waiters = [.. line.Waiters.SelectMany(pid => LockWaiter.AllOf(incident, pid))];
        LockWaiter last = waiters.First(waiter => waiter.Process.Pid == back.From && waiter.Thread.Tid == back.Tid);
        return waiters.FirstOrDefault(waiter => waiter.Process.Pid != back.From && last.IsOwnedBy(waiter));
    }

    /// <summary>It is likelier that one of them has it who waits for the other, than that this locks it twice.</summary>
    private static Verdict OfUnnamedLock(Narrator narrator, Line line, string wait, ImmutableArray<int> mayHave)
    {
        int nearest = mayHave.First(pid => line.Waiters.Contains(pid));
        string has = narrator.Name(nearest), awaited = narrator.Name(line.Waiters[line.Waiters.IndexOf(nearest) + 1]), last = narrator.Name(line.Waiters[^1]);
        string what = LockStory.ThingOf(line.Back!.Part), all = Narrator.Listing(mayHave.Select(narrator.Name), "or");
        return new Verdict(
            $"{wait} waits for {what}, which only {all}, or {last} itself, can have.",
            [
                new Culprit(nearest, null, line.Back.Part.Resource!,
                    $"It ends when {has} lets go of {what} before it waits for {awaited}; or, if {last} has it already, when that lets go of it before it locks it again."),
            ],
            [
                line.Back.Part.Futex!.Lock is { OwnerTid: > 0 and var number }
                    ? $"The lock names thread {number} as its owner, by the number that this has in its own pid namespace: {all} has one of that number, and so has {last}."
                    : $"No word says who has this lock: {all}, or {last}, or one that has exited without unlocking it.",
            ]);
    }

    /// <summary>
    /// Who but the last of them has the memory of the lock that this wants, whose owner no word says, or whose word may name that last one just as well, by numbers of several pid namespaces; nobody where none of those is one of the line.
    /// </summary>
    private static ImmutableArray<int> MayHaveLock(Incident incident, Line line)
    {
        if (line.Back is not { Part.Futex: { Lock: { Form: not LockForm.Refused } held } futex } back)
            return [];
        ResourceIndex resources = incident.Evidence.Resources;
        bool isNamed = held.Holder != LockHolder.Unknown;
        IEnumerable<int> holders = isNamed ? LockOwners.ProcessesNamed(resources, resources[back.From], futex) : back.Holders;
        if (isNamed && !holders.Contains(back.From))
            return [];
        ImmutableArray<int> others = [.. holders.Where(pid => pid != back.From).OrderByDescending(pid => line.Waiters.IndexOf(pid))];
        return others.Any(pid => line.Waiters.Contains(pid)) ? others : [];
    }

    /// <param name="Waiters">Each waits for the next, its child, to exit; two at least.</param>
    /// <param name="Back">What the last of them waits for; null: nothing that another process has.</param>
    private sealed record Line(ImmutableArray<int> Waiters, IncidentEdge? Back);
}
