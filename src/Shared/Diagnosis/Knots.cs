using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis.Rules;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// The parts of an incident's core of which none waits for another: two children of one parent, each stuck by itself. Each is to be named, for what ends the one does not end the other.
/// </summary>
internal static class Knots
{
    /// <summary>More of them are not judged: nobody reads on.</summary>
    private const int Most = 20;

    /// <summary>Each as an incident with all who wait for it and for no other alone, by its first member. Of a core that hangs together, the incident itself.</summary>
    public static ImmutableArray<Incident> Of(Incident incident)
    {
        if (incident.Core.Count < 2)
            return [incident];
        int[] core = [.. incident.Core.Order()];
        var position = core.Select((node, place) => (node, place)).ToDictionary(pair => pair.node, pair => pair.place);
        IEnumerable<(int, int)> pairs = incident.Edges
            .Where(edge => !edge.IsKinship && position.ContainsKey(edge.From))
            .SelectMany(edge => edge.To.Where(waker => position.ContainsKey(waker.Node)).Select(waker => (position[edge.From], position[waker.Node])));
        ImmutableArray<IReadOnlyList<int>> parts = [.. Components.Weak(core.Length, pairs)];
        return parts.Length == 1 ? [incident] : [.. parts.Take(Most).Select(part => Alone(incident, [.. part.Select(place => core[place])]))];
    }

    private static Incident Alone(Incident incident, ImmutableHashSet<int> knot)
    {
        bool IsOfAnother(int node) => incident.Core.Contains(node) && !knot.Contains(node);
        return incident with
        {
            Core = knot,
            Members = [.. incident.Members.Where(member => !IsOfAnother(member))],
            Edges = [.. incident.Edges
                .Where(edge => !IsOfAnother(edge.From))
                .Select(edge => edge with { To = [.. edge.To.Where(waker => !IsOfAnother(waker.Node))] })
                .Where(edge => !edge.To.IsEmpty)],
        };
    }

    /// <summary>
    /// The verdict on an incident, with those knots that it does not speak of: who is to let go of what there. What names nobody is said of each knot by itself.
    /// </summary>
    public static (RuleInfo Rule, Verdict Verdict) Complete(Incident incident, Narrator narrator, RuleInfo rule, Verdict verdict)
    {
        ImmutableArray<Incident> knots = Of(incident);
        if (knots.Length == 1)
            return (rule, verdict);
        if (verdict.Culprits.IsEmpty)
            (rule, verdict) = First(knots[0], narrator);
        foreach (Incident knot in knots.Where(knot => !verdict.Culprits.Any(culprit => knot.Core.Contains(culprit.Pid))).ToArray())
        {
            (_, Verdict other) = First(knot, narrator);
            if (!other.Culprits.Any(culprit => knot.Core.Contains(culprit.Pid)) || !other.NamesFault && knot.Core.Any(member => incident.Evidence.Graph.NodeOf(member).MayWaitForSignal))
                continue;
            verdict = verdict with
            {
                Culprits = [.. verdict.Culprits, .. other.Culprits],
                Doubts = [.. verdict.Doubts.Union(other.Doubts)],
                OnlySuspected = verdict.OnlySuspected || other.OnlySuspected,
            };
        }
        string[] alone = [.. knots.Where(knot => knot.Core.Count == 1).SelectMany(knot => knot.Core).Select(narrator.Name)];
        return (rule, alone.Length < 2 ? verdict : verdict with { Sentences = [.. verdict.Sentences, $"Each of {Narrator.Listing(alone)} is stuck by itself: what ends the one does not end the other{(alone.Length == 2 ? "" : "s")}."] });
    }

    private static (RuleInfo, Verdict) First(Incident knot, Narrator narrator)
    {
        foreach (IncidentRule rule in RuleBook.DeadlockRules)
        {
            if (rule.Judge(knot, narrator) is { } verdict)
                return (rule.Info, verdict);
        }
        throw new InvalidOperationException("the last rule fits all");
    }
}
