using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What a process waits for, hop by hop, until something that can still run, or the outside.</summary>
/// <param name="Pid">The process that was asked for.</param>
/// <param name="Found">False: no such process in the look.</param>
/// <param name="Hops">One entry per process on the way, the asked one first.</param>
/// <param name="Finding">The finding that it is part of, or null.</param>
public sealed record Explanation(int Pid, bool Found, ImmutableArray<string> Hops, Finding? Finding);

public static class Explainer
{
    /// <summary>More hops are not told: what waits for half the host is told by its first hops.</summary>
    private const int MaxHops = 40;

    public static Explanation Explain(Snapshot first, Snapshot last, LookMemory memory, DiagnosisOptions options, int pid)
    {
        ResourceIndex resources = Diagnoser.Between(first, last);
        if (resources.Find(pid) is null)
            return new Explanation(pid, false, [], null);
        var evidence = new Evidence(resources, memory, options);
        Finding? finding = Diagnoser.Diagnose(evidence).Findings.FirstOrDefault(candidate => candidate.Pids.Contains(pid));
        return new Explanation(pid, true, [.. Hops(evidence, pid)], finding);
    }

    private static IEnumerable<string> Hops(Evidence evidence, int start)
    {
        var narrator = new Narrator(evidence.Resources);
        var told = new HashSet<int>();
        var pending = new Queue<int>([start]);
        while (pending.TryDequeue(out int process) && told.Count < MaxHops)
        {
            if (!told.Add(process))
                continue;
            WaitNode node = evidence.Graph.NodeOf(process);
            yield return string.Join(' ', Sentences(evidence.Resources, narrator, process, node));
            foreach (Waker waker in node.Waiters.SelectMany(waiter => waiter.Clauses).SelectMany(clause => clause.Wakers).Where(waker => waker.Direct))
                pending.Enqueue(waker.Node);
        }
    }

    private static IEnumerable<string> Sentences(ResourceIndex resources, Narrator narrator, int process, WaitNode node)
    {
        if (resources[process].MemoryBlocked)
            yield return Narrator.BlockedSentence(resources[process]);
        if (node.Waiters.IsEmpty)
        {
            yield return $"{narrator.Name(process)} {(resources[process].IsZombie ? "has exited, and its parent has not waited for it yet" : "has no thread that could be read")}.";
            yield break;
        }
        bool first = true;
        // Alike threads (a pool) are told once.
        foreach (var alike in node.Waiters.GroupBy(waiter => (waiter.Wait.Kind, waiter.Wait.Bounded, Resource: waiter.Wait.Kind == WaitKind.Futex ? null : waiter.Wait.Resource, waiter.Wait.Why)))
        {
            Waiter waiter = alike.First();
            int count = alike.Count();
            yield return count == 1
                ? narrator.WaitSentence(process, waiter, first, node.Waiters.Length > 1)
                : $"{(first ? $"{count} threads of {narrator.Name(process)}" : $"{count} of its threads")}: each {narrator.What(waiter.Wait)}.";
            first = false;
            if (waiter.Wait.Bounded == Bounded.Yes && waiter.Wait.Kind is not (WaitKind.Timer or WaitKind.Running))
                yield return "The wait has a timeout.";
            foreach (string holder in narrator.HolderSentences(process, EdgesOf(process, waiter)))
                yield return holder;
            if (waiter.Clauses.FirstOrDefault(clause => clause.Open != Openness.Closed) is { Why: { } why } && waiter.Wait.Kind is not (WaitKind.Unknown or WaitKind.Running or WaitKind.Timer))
                yield return $"This wait is open: {why}.";
        }
        if (node.CanRun is { } reason)
            yield return $"{narrator.Name(process)} can still run: {reason}.";
    }

    private static IEnumerable<IncidentEdge> EdgesOf(int process, Waiter waiter) =>
        from index in Enumerable.Range(0, waiter.Clauses.Length)
        from part in waiter.Clauses[index].Parts is { IsEmpty: false } parts ? parts : [waiter.Clauses[index]]
        let to = part.Wakers.Where(waker => waker.Direct).ToImmutableArray()
        where !to.IsEmpty
        select new IncidentEdge(process, waiter.Thread.Tid, index, waiter.Wait, part.Wait, to, EdgeBasis.Assumed);
}
