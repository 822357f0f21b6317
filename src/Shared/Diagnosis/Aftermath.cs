using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// What a remedy leaves stuck. In the proof whoever could end a wait counts, and here who is likely to. A parent waits on until all of its children have exited, and a file stays locked until all who share the
/// open file have let go of it.
/// </summary>
internal static class Aftermath
{
    /// <summary>The rules that fit, in their order; but where the remedy of the first frees only some of those who wait for each other, the first that frees all of them comes before it.</summary>
    /// <param name="incident">What they fit.</param>
    /// <param name="fits">Those rules; the last fits all.</param>
    public static ImmutableArray<(RuleInfo Rule, Verdict Verdict)> Order(Incident incident, ImmutableArray<(RuleInfo Rule, Verdict Verdict)> fits)
    {
        if (fits.Length < 3 || Knots.Of(incident).Length > 1)
            return fits;
        Verdict first = fits[0].Verdict;
        bool? frees = FreesAll(incident, first, wholly: false);
        // That somebody waits for a child that is stuck is no fault of his. And nothing is told as less sure for being told better.
        int better = frees == false
            ? Next(verdict => verdict.NamesFault || !first.NamesFault, ofChild: false, wholly: false)
            : frees == true && fits.Any(fit => fit.Rule == ChildNeverExits.Told) && FreesAll(incident, first, wholly: true) == false
                ? Next(verdict => !verdict.Culprits.Any(culprit => AwaitsChild(incident, culprit.Pid)), ofChild: true, wholly: true)
                : 0;
        return better > 0 ? fits.RemoveAt(better).Insert(0, (fits[better].Rule, fits[better].Verdict with { NamesFault = fits[better].Verdict.NamesFault || first.NamesFault })) : fits;

        int Next(Func<Verdict, bool> blames, bool ofChild, bool wholly)
        {
            for (int i = 1; i < fits.Length - 1; i++)
            {
                (RuleInfo rule, Verdict verdict) = fits[i];
                if (ofChild == (rule == ChildNeverExits.Told) && blames(verdict) && (!verdict.OnlySuspected || first.OnlySuspected) && FreesAll(incident, verdict, wholly) == true)
                    return i;
            }
            return 0;
        }
    }

    private static bool AwaitsChild(Incident incident, int pid) => incident.Edges.Any(edge => edge.From == pid && edge.Part.Kind == WaitKind.ChildWait && !edge.IsKinship);

    /// <summary>Null where the remedy ends no wait that is seen.</summary>
    /// <param name="incident">Those who wait for each other.</param>
    /// <param name="verdict">Whose remedy.</param>
    /// <param name="wholly">A process goes on when all its threads do that wait for others, and not when one does: which one is to act shows nowhere.</param>
    private static bool? FreesAll(Incident incident, Verdict verdict, bool wholly)
    {
        if (verdict.Culprits is not [var culprit, ..])
            return null;
        var place = new Dictionary<int, int>();
        foreach (int node in incident.Core.Order())
            place[node] = place.Count;
        IncidentEdge[] waits = [.. incident.Edges.Where(edge => !edge.IsKinship && place.ContainsKey(edge.From))];
        if (!waits.Any(edge => Ends(culprit, edge)))
            return null;
        // Its threads have places behind those of the processes.
        ImmutableArray<IncidentEdge[]> threads = [.. waits.GroupBy(edge => (edge.From, edge.Tid)).Select(edges => edges.ToArray())];
        var search = new StuckSet();
        search.Begin(place.Count + threads.Length);
        for (int at = 0; at < place.Count + threads.Length; at++)
            search.Hold(at);
        for (int number = 0; number < threads.Length; number++)
        {
            int thread = search.BeginThread(place.Count + number);
            foreach (IGrouping<int, IncidentEdge> parts in threads[number].GroupBy(edge => edge.Clause))
                AddClause(search, thread, [.. parts], place, culprit);
            search.EndThread(thread);
        }
        ILookup<int, int> threadsOf = Enumerable.Range(0, threads.Length).ToLookup(number => threads[number][0].From);
        foreach ((int node, int at) in place)
        {
            int[] own = [.. threadsOf[node]], forOthers = [.. own.Where(number => threads[number].Any(edge => edge.Holders.Any(holder => holder != node)))];
            foreach (int[] together in wholly && own.Length > 0 ? [forOthers.Length > 0 ? forOthers : own] : own.Select(number => new[] { number }))
            {
                int whole = search.BeginThread(at);
                foreach (int number in together)
                    search.AddWaker(search.BeginClause(whole), place.Count + number);
                search.EndThread(whole);
            }
        }
        search.Settle();
        return place.Values.All(at => !search.IsStuck(at));
    }

    private static void AddClause(StuckSet search, int thread, IncidentEdge[] parts, Dictionary<int, int> place, Culprit culprit)
    {
        int clause = search.BeginClause(thread);
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
