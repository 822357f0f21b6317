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
        (RuleInfo Rule, Verdict Verdict) better = fits.Skip(1).SkipLast(1).FirstOrDefault(fit => fit.Rule != ChildNeverExits.Told
            && (fit.Verdict.NamesFault || !fits[0].Verdict.NamesFault) && (!fit.Verdict.OnlySuspected || fits[0].Verdict.OnlySuspected) && FreesAll(incident, fit.Verdict) == true);
        return better.Verdict is null ? fits : [better, .. fits.Remove(better)];
    }

    /// <summary>Null where the remedy ends no wait that is seen.</summary>
    private static bool? FreesAll(Incident incident, Verdict verdict)
    {
        if (verdict.Culprits is not [var culprit, ..])
            return null;
        int[] core = [.. incident.Core.Order()];
        Dictionary<int, int> place = core.Select((node, at) => (node, at)).ToDictionary(pair => pair.node, pair => pair.at);
        IncidentEdge[] waits = [.. incident.Edges.Where(edge => !edge.IsKinship && place.ContainsKey(edge.From))];
        if (!waits.Any(edge => Ends(culprit, edge)))
            return null;
        var search = new StuckSet();
        search.Begin(core.Length);
        foreach (int at in place.Values)
            search.Hold(at);
        foreach (IGrouping<(int From, int Tid), IncidentEdge> wait in waits.GroupBy(edge => (edge.From, edge.Tid)))
        {
            int thread = search.BeginThread(place[wait.Key.From]);
            foreach (IncidentEdge[] clause in wait.GroupBy(edge => edge.Clause, (_, parts) => parts.ToArray()))
            {
                int[] wakers = [.. clause.SelectMany(edge => edge.Holders).Where(node => node != wait.Key.From && place.ContainsKey(node)).Distinct()];
                bool ended = clause.Any(edge => Ends(culprit, edge));
                int begun = search.BeginClause(thread);
                for (int i = 0; i < wakers.Length; i++)
                {
                    if (i > 0 && clause[0].Part.Kind is WaitKind.ChildWait or WaitKind.FileLock && !ended)
                        begun = search.BeginClause(thread);
                    search.AddWaker(begun, place[wakers[i]]);
                }
                if (ended)
                    search.EndClause(begun);
            }
            search.EndThread(thread);
        }
        search.Settle();
        return place.Values.All(at => !search.IsStuck(at));
    }

    /// <summary>Whether it is this wait that a culprit is to end.</summary>
    private static bool Ends(Culprit culprit, IncidentEdge edge) =>
        culprit.Fd is { } fd && edge.To.Any(waker => waker.Node == culprit.Pid && waker.Fd == fd)
        || edge.Part.Resource == culprit.Resource && (edge.From == culprit.Pid || edge.Holders.Contains(culprit.Pid));
}
