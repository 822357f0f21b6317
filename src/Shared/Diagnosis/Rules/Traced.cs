using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process is held by its tracer (ptrace(2)) for longer than the minimum wait: a debugger at its prompt, or a tracer that has forgotten it. One
/// that its tracer lets go on between its stops has run meanwhile, and is not told; nor is what somebody debugs at a terminal.
/// <code>
/// tracer  anything
/// tracee  state t
/// </code>
/// </summary>
internal sealed class Traced : EvidenceRule
{
    public override RuleInfo Info { get; } = new("traced", FindingClass.Stopped, "A process is held by its tracer, and has not run for the minimum wait.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        var held = evidence.Standstill.Halted
            .Where(halted => halted.Halt == Halt.Traced && !told.Contains(halted.Process.Pid))
            .Select(halted => halted.Process)
            .GroupBy(process => process.Record.TracerPid);
        foreach (var tracees in held.ToList())
        {
            HostProcess? tracer = TracerOf(evidence.Resources, tracees.Key);
            if (tracer is null || !tracees.All(tracee => evidence.Standstill.IsLookedAt(tracee.Record, tracer)))
                yield return Tell(evidence, tracer, [.. tracees]);
        }
    }

    /// <summary>TracerPid names a thread, which need not be the first of its process.</summary>
    private static HostProcess? TracerOf(ResourceIndex resources, int tid)
    {
        if (tid == 0 || resources.Find(tid) is { } leader)
            return resources.Find(tid);
        foreach (HostProcess process in resources.Processes)
        {
            if (process.Record.Threads.Any(thread => thread.Tid == tid))
                return process;
        }
        return null;
    }

    private Finding Tell(Evidence evidence, HostProcess? tracer, ImmutableArray<HostProcess> tracees)
    {
        string names = Narrator.Listing(tracees.Select(process => Narrator.Name(process.Record)));
        string who = tracer is null ? "a tracer that cannot be seen" : Narrator.Name(tracer.Record);
        string remedy = $"It ends when {who} continues or detaches, or exits.";
        ImmutableArray<Culprit> culprits = tracer is null ? [] : [new Culprit(tracer.Pid, null, $"tracee:{tracees[0].Pid}", remedy)];
        Finding finding = new FindingBuilder(evidence).Build(
            Info, Confidence.Proven,
            new Verdict($"{names} {(tracees.Length == 1 ? "is" : "are")} held by {who}, which traces {(tracees.Length == 1 ? "it" : "them")}.", culprits),
            tracees.Select(process => process.Pid),
            [.. tracees.Select(process => (process.Pid, ParticipantRole.Traced)), .. tracer is null ? [] : new[] { (tracer.Pid, ParticipantRole.Tracer) }],
            tracees.Select(process => process.Pid));
        IEnumerable<string> waits = tracer is null ? [] : WaitOf(evidence, tracer, tracees);
        return FindingBuilder.Complete(finding with { Explanation = [.. tracees.Select(process => $"{Narrator.Name(process.Record)} is in state t: {who} holds it."), .. waits, remedy] });
    }

    /// <summary>What the tracer does meanwhile; it may be that it waits for what only those can give whom it holds.</summary>
    private static IEnumerable<string> WaitOf(Evidence evidence, HostProcess tracer, ImmutableArray<HostProcess> tracees)
    {
        if (evidence.Graph.NodeOf(tracer.Pid).Waiters is not [var waiter, ..])
            yield break;
        var narrator = new Narrator(evidence.Resources);
        IncidentEdge[] edges = [.. waiter.Clauses.Where(clause => clause.Wakers.Any(waker => waker.Direct)).Select(clause =>
            new IncidentEdge(tracer.Pid, waiter.Thread.Tid, 0, waiter.Wait, clause.Wait, [.. clause.Wakers.Where(waker => waker.Direct)], EdgeBasis.Assumed))];
        yield return string.Join(' ', [narrator.WaitSentence(tracer.Pid, waiter, first: true, many: false), .. narrator.HolderSentences(tracer.Pid, edges)]);
        if (edges.Length > 0 && edges.All(edge => edge.To.All(waker => tracees.Any(tracee => tracee.Pid == waker.Node))))
            yield return $"Nobody but whom it holds itself could give {Narrator.Name(tracer.Record)} what it waits for: none of them goes on.";
    }
}
