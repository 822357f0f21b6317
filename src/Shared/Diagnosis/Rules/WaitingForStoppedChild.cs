using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A parent waits for a child, or reads from it, and the child is stopped by a signal. The parent did not ask to be told of stops, so nothing
/// happens until somebody continues the child.
/// <code>
/// parent  waits for child to exit
/// child   stopped by SIGTTIN, SIGSTOP ...
/// </code>
/// The same where it waits for anything else that only somebody stopped could give.
/// </summary>
internal sealed class WaitingForStoppedChild : EvidenceRule
{
    public override RuleInfo Info { get; } = new("waiting-for-stopped-child", FindingClass.Stall,
        "A process waits for a child, or for what only one could give (an end of a pipe, a lock), that is stopped by a signal.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        foreach (var (waiting, stopped, edges) in evidence.Standstill.Stories())
        {
            bool longEnough = waiting.All(pid => evidence.Standstill.StillFor(evidence.Resources.Find(pid)!) >= evidence.Options.MinimumWait);
            if (longEnough && !waiting.Any(told.Contains))
                yield return Tell(evidence, waiting, stopped, edges);
        }
    }

    private Finding Tell(Evidence evidence, ImmutableArray<int> waiting, ImmutableArray<int> stopped, ImmutableArray<IncidentEdge> edges)
    {
        var narrator = new Narrator(evidence.Resources);
        var waiters = new Incident(evidence, waiting, [.. waiting], edges);
        ImmutableArray<string> notProven = 
        [
            .. waiting.All(evidence.Standstill.ProvenWaiting.Contains) ? DeadlockTeller.WhyNotProven(waiters) : ["not all fd tables may be read"],
            .. NotByDesign.DoubtsOf(evidence, waiting),
        ];
        // A wait for the child itself says most plainly what is wrong; a pipe comes second.
        (IncidentEdge wait, Waker waker) = edges
            .SelectMany(edge => edge.To.Where(to => stopped.Contains(to.Node)).Select(to => (edge, to)))
            .OrderByDescending(pair => pair.edge.Part.Kind == WaitKind.ChildWait).ThenBy(pair => pair.edge.From).ThenBy(pair => pair.to.Node).First();
        ImmutableArray<Culprit> culprits =
        [
            CulpritOf(evidence, waker.Node, wait, waker),
            .. stopped.Where(pid => pid != waker.Node).Select(pid => CulpritOf(evidence, pid, null, null)),
        ];
        int[] order = [.. Narrator.InOrder(waiters).Where(waiting.Contains)];
        var awaited = edges.SelectMany(edge => edge.To).Select(to => to.Node).ToHashSet();
        string verb = wait.Part.Kind switch
        {
            WaitKind.ChildWait => "to exit",
            WaitKind.Vfork => "to exec or exit",
            WaitKind.Tty => $"{(wait.Part.WaitsForRoom ? "to read" : "to write to, or to let go of,")} {ResourceOf(evidence, wait, waker)}",
            WaitKind.PipeRead => $"to close {wait.Part.Resource}",
            WaitKind.SocketRead => $"to send to {wait.Part.Resource}",
            WaitKind.PipeWrite => $"to read {wait.Part.Resource}",
            WaitKind.SocketWrite => $"to read what is sent at {wait.Part.Resource}",
            WaitKind.FileLock or WaitKind.Futex => $"to let go of {LockStory.ThingOf(wait.Part)}",
            _ => $"to let go of {wait.Part.Resource}",
        };
        Finding finding = new FindingBuilder(evidence).Build(
            Info, notProven.IsEmpty ? Confidence.Proven : Confidence.Likely,
            new Verdict($"{narrator.Name(wait.From)} waits for {narrator.Name(waker.Node)}, which is stopped{StopWords.By(evidence.Standstill.SignalOf(evidence.Resources[waker.Node]))}, {verb}.", culprits),
            [.. waiting, .. stopped],
            [
                .. order.Select(pid => (pid, awaited.Contains(pid) ? ParticipantRole.Waiter : ParticipantRole.RootWaiter)),
                .. stopped.Select(pid => (pid, ParticipantRole.Stopped)),
            ],
            [.. waiting, .. stopped]);
        return FindingBuilder.Complete(finding with
        {
            Explanation =
            [
                .. order.Select(pid => narrator.Hop(waiters, pid)),
                .. stopped.Select(pid => StopWords.Sentence(evidence.Resources[pid], evidence.Standstill.SignalOf(evidence.Resources[pid]))),
                .. culprits.Select(culprit => culprit.Remedy).Distinct(),
            ],
            Edges = FindingBuilder.Edges(evidence, edges),
            Assumptions = DeadlockTeller.AssumptionsOf(waiters),
            NotProvenBecause = notProven,
        });
    }

    private static Culprit CulpritOf(Evidence evidence, int stopped, IncidentEdge? wait, Waker? waker) => new(
        stopped,
        wait?.Part.Kind == WaitKind.ChildWait ? null : waker?.Fd,
        wait is null || waker is null ? $"child:{stopped}" : ResourceOf(evidence, wait, waker),
        StopWords.Remedy(evidence.Resources[stopped], evidence.Standstill.SignalOf(evidence.Resources[stopped])));

    /// <summary>What is waited for; of a terminal by the name that its other side has with the one who is stopped.</summary>
    private static string ResourceOf(Evidence evidence, IncidentEdge wait, Waker waker) => wait.Part.Kind switch
    {
        WaitKind.Tty when waker.Fd is { } fd => evidence.Resources.ResourceOf(waker.Node, fd),
        WaitKind.ChildWait or WaitKind.Vfork => $"child:{waker.Node}",
        _ => wait.Part.Resource ?? $"child:{waker.Node}",
    };
}
