using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// Processes wait for each other, and one of them with a timeout: it wakes, finds nothing, and waits again. It may give up some day, so this is a stall
/// and no deadlock.
/// <code>
/// parent  polls a for 100 ms, again and again      a: child/1w
/// child   reads b to its end                       b: parent/5w
/// </code>
/// </summary>
internal sealed class RetryWithoutProgress : EvidenceRule
{
    private static readonly RuleInfo Rule = new("retry-without-progress", FindingClass.Stall,
        "A process waits with a timeout, again and again, for another one that waits for it.");

    public override RuleInfo Info => Rule;

    /// <summary>What locks name. The rest is told with the hangs, see <see cref="HangTeller"/>.</summary>
    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told) => RetriedLocks.Find(Rule, evidence, told);

    /// <param name="incident">Who would wait for each other if timeouts did not count.</param>
    /// <returns>Null where nobody comes back to wait for another one of them.</returns>
    public static Finding? Tell(Incident incident)
    {
        Evidence evidence = incident.Evidence;
        // A process that only looks at what it has itself waits for its own next step.
        ImmutableArray<IncidentEdge> retries = [.. incident.Edges.Where(edge => incident.Core.Contains(edge.From)
            && edge.To.Any(waker => waker.Node != edge.From && incident.Core.Contains(waker.Node))
            && evidence.Graph.NodeOf(edge.From).Waiters.Any(waiter => waiter.Timed && waiter.Thread.Tid == edge.Tid))];
        if (retries.IsEmpty || !retries.All(edge => IsForOthers(edge.Part) && !IsInALoop(edge)))
            return null;
        if (!OthersHaveNotMoved(incident, retries))
            return null;
        var narrator = new Narrator(evidence.Resources);
        IncidentEdge retry = retries[0];
        string who = narrator.Name(retry.From);
        int other = retry.To.First(waker => waker.Node != retry.From && incident.Core.Contains(waker.Node)).Node;
        ImmutableArray<Culprit> culprits = [.. retry.To.Where(waker => waker.Node == other).Select(waker => new Culprit(
            other, waker.Fd, retry.Part.Resource ?? "?", $"It ends when {narrator.Name(other)} moves, or {who} gives up."))];
        int[] order = [.. Narrator.InOrder(incident)];
        Finding finding = new FindingBuilder(evidence).Build(
            Rule, Confidence.Suspected,
            new Verdict($"{who} waits with a timeout, again and again, for {narrator.Name(other)}, which waits for it.", culprits),
            incident.Core,
            [.. order.Select((node, place) => (node, node == other ? ParticipantRole.Holder : place == 0 ? ParticipantRole.RootWaiter : ParticipantRole.Waiter))],
            incident.Core);
        return FindingBuilder.Complete(finding with
        {
            Explanation = [.. narrator.Tell(incident), .. culprits.Select(culprit => culprit.Remedy).Distinct()],
            Edges = FindingBuilder.Edges(evidence, incident.Edges),
            Notes = [.. finding.Notes, .. ButForTheTimeout(incident, narrator)],
            NotProvenBecause = [.. retries.Select(edge => edge.From).Distinct().Select(pid => $"a timeout wakes {narrator.Name(pid)} each time, and it may give up")],
        });

        bool IsInALoop(IncidentEdge edge) => IsTimersToo(evidence.Graph.NodeOf(edge.From).Waiters.First(waiter => waiter.Timed && waiter.Thread.Tid == edge.Tid).Wait);
    }

    /// <summary>An event loop waits in one epoll for whatever its program has, and the timeout is that of its next timer: it does not look for this one thing again.</summary>
    private static bool IsTimersToo(Wait wait) => wait.Call is SystemCall.EpollWait or SystemCall.EpollPwait or SystemCall.EpollPwait2;

    /// <summary>What a process may do to another: not that one of its own threads unlocks, ends or signals.</summary>
    private static bool IsForOthers(Wait wait) => wait.Kind is WaitKind.PipeRead or WaitKind.PipeWrite or WaitKind.SocketRead or WaitKind.SocketWrite or WaitKind.ChildWait or WaitKind.FileLock or WaitKind.EventFd
        or WaitKind.PosixQueue or WaitKind.SysvSemaphore or WaitKind.SysvMessage || wait.Futex is { IsPrivate: false };

    /// <summary>Why the other one cannot move, where a rule on those who have no timeouts says so: nobody accepts what it waits on, say.</summary>
    private static IEnumerable<string> ButForTheTimeout(Incident incident, Narrator narrator)
    {
        foreach (IncidentRule rule in RuleBook.DeadlockRules.SkipLast(1))
        {
            if (rule.Info != ChildNeverExits.Told && rule.Judge(incident, narrator) is { } verdict)
                return [$"But for the timeout {rule.Info.Name} fits: {verdict.Summary} {string.Join(' ', verdict.Culprits.Select(culprit => culprit.Remedy).Distinct())}"];
        }
        return [];
    }

    /// <summary>However short a wait is asked for: a look is no instant, and may see the one who says something before it does, and the other one after. The next look sees that it was heard.</summary>
    private static readonly TimeSpan LeastWatched = TimeSpan.FromSeconds(0.4);

    /// <summary>
    /// Whether somebody waits without a timeout, and nobody who does has run for as long as the others have come back: a heartbeat, a ping, a line of progress
    /// at each timeout wakes whoever waits for it, who then waits again. Where all have timeouts nothing tells the one from the other.
    /// </summary>
    private static bool OthersHaveNotMoved(Incident incident, ImmutableArray<IncidentEdge> retries)
    {
        Evidence evidence = incident.Evidence;
        TimeSpan watched = retries.Max(edge => evidence.Memory.ReturnsFor(evidence.Resources[edge.From], ThreadOf(edge)) ?? TimeSpan.Zero);
        if (watched < LeastWatched && evidence.Counting != Counting.Restless)
            return false;
        TimeSpan least = watched < evidence.Options.MinimumWait ? watched : evidence.Options.MinimumWait;
        var endless = incident.Core.SelectMany(member => evidence.Graph.NodeOf(member).Waiters.Where(waiter => !waiter.Timed)
            .Select(waiter => evidence.StillFor(evidence.Resources[member], waiter.Thread))).ToList();
        return endless.Count > 0 && endless.TrueForAll(still => still >= least);

        ThreadRecord ThreadOf(IncidentEdge edge) => evidence.Graph.NodeOf(edge.From).Waiters.First(waiter => waiter.Thread.Tid == edge.Tid).Thread;
    }
}
