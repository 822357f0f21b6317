using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Those who merely wait for somebody in a finding: make, a shell, a runner. They stand in the story and have no part in the fault.</summary>
internal static class Upstream
{
    private const int MaxHops = 32;

    /// <summary>
    /// A parent that waits for it to exit, or reads what it is to say, the parent's parent that waits for the parent, and so on; nearest first. Who waits for any of several children, of which one may
    /// exit by itself, does not wait for this one. A looker that has started them itself is none of them.
    /// </summary>
    /// <param name="evidence">The two looks.</param>
    /// <param name="process">Pid of the one that is waited for.</param>
    /// <param name="told">Pids of the finding: they do not go on by themselves.</param>
    public static ImmutableArray<IncidentEdge> Of(Evidence evidence, int process, ImmutableArray<int> told)
    {
        HashSet<int> held = [process, .. told], asked = [];
        var edges = ImmutableArray.CreateBuilder<IncidentEdge>();
        while (edges.Count < MaxHops && evidence.Resources.ParentOf(process) is { } parent && parent != evidence.Last.ObserverPid && WaitFor(evidence, parent, process, held, asked) is { } edge)
        {
            edges.Add(edge);
            held.Add(parent);
            process = parent;
        }
        return edges.ToImmutable();
    }

    private static IncidentEdge? WaitFor(Evidence evidence, int parent, int child, HashSet<int> held, HashSet<int> asked)
    {
        foreach (Waiter waiter in evidence.Graph.NodeOf(parent).Waiters)
        {
            // In a set it may wait for many things.
            if (waiter.Wait is not { Kind: WaitKind.ChildWait or WaitKind.PipeRead or WaitKind.SocketRead, Bounded: Bounded.No })
                continue;
            int clause = Enumerable.Range(0, waiter.Clauses.Length).FirstOrDefault(i => waiter.Clauses[i].Wakers.Any(waker => waker.Direct && waker.Node == child), -1);
            if (clause < 0)
                continue;
            // A stream ends when all have let go of it, whatever the others do; of children the first that exits will do.
            ImmutableArray<Waker> wakers = [.. waiter.Clauses[clause].Wakers.Where(waker => waker.Direct && (waker.Node == child || waiter.Wait.Kind == WaitKind.ChildWait && !IsBehind(evidence, parent, waker.Node, child)))];
            if (wakers.All(waker => IsHeld(evidence, waker.Node, held, asked)))
                return new IncidentEdge(parent, waiter.Thread.Tid, clause, waiter.Wait, waiter.Wait, wakers, EdgeBasis.Assumed);
        }
        return null;
    }

    /// <summary>Whether a shell runs it in the background, and the other one not.</summary>
    private static bool IsBehind(Evidence evidence, int parent, int child, int other)
    {
        ResourceIndex resources = evidence.Resources;
        return Background.Is(resources[parent], resources[child]) && !Background.Is(resources[parent], resources[other]) && Background.IsBesideAForeground(resources, resources.Find(parent)!);
    }

    /// <summary>Whether it is one of those that do not go on, or every thread of it waits for such alone: a filter for what the one before it is to say.</summary>
    /// <param name="evidence">The two looks.</param>
    /// <param name="process">Pid.</param>
    /// <param name="held">Pids of those that do not go on; takes in who is found to wait for them.</param>
    /// <param name="asked">Pids of those of whom this was asked before.</param>
    private static bool IsHeld(Evidence evidence, int process, HashSet<int> held, HashSet<int> asked)
    {
        if (held.Contains(process) || evidence.Stuck.Contains(process))
            return true;
        if (!asked.Add(process))
            return false;
        foreach (Waiter waiter in evidence.Graph.NodeOf(process).Waiters)
        {
            if (!waiter.Clauses.Any(clause => clause.Open != Openness.Outside && clause.Wakers.Any(waker => waker.Direct)
                && clause.Wakers.All(waker => !waker.Direct || IsHeld(evidence, waker.Node, held, asked))))
                return false;
        }
        return evidence.Graph.NodeOf(process).Waiters.Length > 0 && held.Add(process);
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
            Edges = [.. FindingBuilder.Edges(evidence, edges.Where(edge => waiters.Contains(edge.From)).Reverse()), .. finding.Edges],
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
