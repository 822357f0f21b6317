using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// What a remedy leaves stuck. A process goes on when one of its threads does, as in the proof; but there whoever could end a wait counts, and here who is likely to. A parent waits on until all of its children have
/// exited, and a file stays locked until all who share the open file have let go of it.
/// </summary>
internal static class Aftermath
{
    /// <summary>The rules that fit, in their order; but where the remedy of the first frees only some of those who wait for each other, the first that frees all of them comes before it.</summary>
    /// <param name="incident">What they fit.</param>
    /// <param name="fits">Those rules; the last fits all.</param>
    public static ImmutableArray<(RuleInfo Rule, Verdict Verdict)> Order(Incident incident, ImmutableArray<(RuleInfo Rule, Verdict Verdict)> fits)
    {
        if (fits.Length < 3 || FreesAll(incident, fits[0].Verdict) is not false || Knots.Of(incident).Length > 1)
            return fits;
        // That somebody waits for a child that is stuck is no fault of his. And nothing is told as less sure for being told better.
        for (int i = 1; i < fits.Length - 1; i++)
        {
            (RuleInfo rule, Verdict verdict) = fits[i];
            if (rule != ChildNeverExits.Told && (verdict.NamesFault || !fits[0].Verdict.NamesFault) && (!verdict.OnlySuspected || fits[0].Verdict.OnlySuspected) && FreesAll(incident, verdict) == true)
                return fits.RemoveAt(i).Insert(0, fits[i]);
        }
        return fits;
    }

    /// <summary>Null where the remedy ends no wait that is seen.</summary>
    private static bool? FreesAll(Incident incident, Verdict verdict)
    {
        if (verdict.Culprits is not [var culprit, ..])
            return null;
        var place = new Dictionary<int, int>();
        foreach (int node in incident.Core.Order())
            place[node] = place.Count;
        // Thread by thread, and clause by clause: so they come.
        IncidentEdge[] waits = [.. incident.Edges.Where(edge => !edge.IsKinship && place.ContainsKey(edge.From))];
        if (!waits.Any(edge => Ends(culprit, edge)))
            return null;
        var search = new StuckSet();
        search.Begin(place.Count);
        for (int at = 0; at < place.Count; at++)
            search.Hold(at);
        for (int at = 0; at < waits.Length;)
        {
            IncidentEdge first = waits[at];
            int thread = search.BeginThread(place[first.From]);
            while (at < waits.Length && waits[at].From == first.From && waits[at].Tid == first.Tid)
            {
                int begin = at, clause = search.BeginClause(thread);
                while (at < waits.Length && waits[at].From == first.From && waits[at].Tid == first.Tid && waits[at].Clause == waits[begin].Clause)
                    at++;
                AddClause(search, thread, clause, waits[begin..at], place, culprit);
            }
            search.EndThread(thread);
        }
        search.Settle();
        return place.Values.All(at => !search.IsStuck(at));
    }

    private static void AddClause(StuckSet search, int thread, int clause, IncidentEdge[] parts, Dictionary<int, int> place, Culprit culprit)
    {
        bool needsAll = parts[0].Part.Kind is WaitKind.ChildWait or WaitKind.FileLock, isFirst = true;
        if (parts.Any(part => Ends(culprit, part)))
        {
            search.EndClause(clause);
            return;
        }
        foreach (int waker in parts.SelectMany(part => part.Holders).Distinct())
        {
            if (waker == parts[0].From || !place.TryGetValue(waker, out int at))
                continue;
            if (needsAll && !isFirst)
                clause = search.BeginClause(thread);
            isFirst = false;
            search.AddWaker(clause, at);
        }
    }

    /// <summary>Whether it is this wait that a culprit is to end.</summary>
    private static bool Ends(Culprit culprit, IncidentEdge edge) =>
        culprit.Fd is { } fd && edge.To.Any(waker => waker.Node == culprit.Pid && waker.Fd == fd)
        || edge.Part.Resource == culprit.Resource && (edge.From == culprit.Pid || edge.Holders.Contains(culprit.Pid));
}
