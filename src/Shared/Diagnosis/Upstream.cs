using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Those who merely wait for somebody in a finding: make, a shell, a runner. They stand in the story and have no part in the fault.</summary>
internal static class Upstream
{
    private const int MaxHops = 32;

    /// <summary>
    /// A parent that waits for it to exit, or reads what it is to say, the parent's parent that waits for the parent, and so on; nearest first. A looker that has started
    /// them itself is none of them.
    /// </summary>
    public static ImmutableArray<IncidentEdge> Of(Evidence evidence, int process)
    {
        var edges = ImmutableArray.CreateBuilder<IncidentEdge>();
        while (edges.Count < MaxHops && evidence.Resources.ParentOf(process) is { } parent && parent != evidence.Last.ObserverPid && WaitFor(evidence, parent, process) is { } edge)
        {
            edges.Add(edge);
            process = parent;
        }
        return edges.ToImmutable();
    }

    private static IncidentEdge? WaitFor(Evidence evidence, int parent, int child)
    {
        foreach (Waiter waiter in evidence.Graph.NodeOf(parent).Waiters)
        {
            // In a set it may wait for many things.
            if (waiter.Wait is not { Kind: WaitKind.ChildWait or WaitKind.PipeRead or WaitKind.SocketRead, Bounded: Bounded.No })
                continue;
            int clause = Enumerable.Range(0, waiter.Clauses.Length).FirstOrDefault(i => waiter.Clauses[i].Wakers.Any(waker => waker.Direct && waker.Node == child), -1);
            if (clause >= 0)
                return new IncidentEdge(parent, waiter.Thread.Tid, clause, waiter.Wait, waiter.Wait, [.. waiter.Clauses[clause].Wakers.Where(waker => waker.Direct && waker.Node == child)], EdgeBasis.Assumed);
        }
        return null;
    }

    /// <summary>The finding with those that <paramref name="edges"/> come from before the others, nearest first in <paramref name="edges"/>.</summary>
    public static Finding Join(Finding finding, Evidence evidence, ImmutableArray<IncidentEdge> edges)
    {
        var known = finding.Participants.Select(participant => participant.Pid).ToHashSet();
        int[] waiters = [.. edges.Select(edge => edge.From).Where(pid => !known.Contains(pid)).Distinct()];
        if (waiters.Length == 0)
            return finding;
        var awaited = edges.SelectMany(edge => edge.To).Select(waker => waker.Node).ToHashSet();
        var builder = new FindingBuilder(evidence);
        var narrator = new Narrator(evidence.Resources);
        return FindingBuilder.Complete(finding with
        {
            Participants =
            [
                .. waiters.Reverse().Select(pid => builder.ParticipantOf(evidence.Resources[pid], awaited.Contains(pid) ? ParticipantRole.Waiter : ParticipantRole.RootWaiter)),
                .. finding.Participants.Select(participant => participant.Role == ParticipantRole.RootWaiter && awaited.Contains(participant.Pid) ? participant with { Role = ParticipantRole.Waiter } : participant),
            ],
            Explanation = [.. waiters.Reverse().Select(pid => Sentence(narrator, pid, edges)), .. finding.Explanation],
            Edges = [.. FindingBuilder.Edges(edges.Where(edge => waiters.Contains(edge.From)).Reverse()), .. finding.Edges],
        });
    }

    private static string Sentence(Narrator narrator, int pid, ImmutableArray<IncidentEdge> edges)
    {
        IncidentEdge edge = edges.First(edge => edge.From == pid);
        string what = edge.IsKinship ? $"is the parent of {narrator.Name(edge.To[0].Node)}, and stands still since the same time" : narrator.What(pid, edge.Whole);
        string holders = string.Join(' ', narrator.HolderSentences(pid, edge.IsKinship ? [] : [edge]));
        return holders.Length == 0 ? $"{narrator.Name(pid)} {what}." : $"{narrator.Name(pid)} {what}. {holders}";
    }
}
