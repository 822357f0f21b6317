using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process waits for a file lock whose holder can never run again: it waits for the waiter in another way, or is stuck for a reason of its own. A lock of
/// flock(2) may be held by a child that inherited its file and knows nothing of it.
/// <code>
/// a  waits for l
/// b  has l, reads p            p: a/4w
/// </code>
/// </summary>
internal sealed class FileLockHeldByStuck : IncidentRule
{
    public override RuleInfo Info { get; } = new("file-lock-held-by-stuck", FindingClass.Deadlock,
        "A process waits for a file lock that is held by a process which is stuck itself, and so never lets go of it.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        IncidentEdge[] locks = [.. incident.Edges
            .Where(edge => edge is { IsKinship: false, Part.Kind: WaitKind.FileLock } && edge.To.Any(waker => waker.Node != edge.From))
            .OrderByDescending(edge => incident.Core.Contains(edge.From))];
        if (locks is not [var first, ..])
            return null;
        int holder = first.To.First(waker => waker.Node != first.From).Node;
        WaitNode node = incident.Evidence.Graph.NodeOf(holder);
        Waiter? why = node.Waiters.OrderBy(Tickers.IsOne).ThenByDescending(waiter => waiter.Thread.Tid == holder).FirstOrDefault();
        int[] waiters = [.. locks.Where(edge => edge.Part.Resource == first.Part.Resource).Select(edge => edge.From).Distinct()];
        bool idles = node.MayWaitForSignal && !Awaits(incident, holder, waiters);
        // Who has become the leader, and sleeps until it is told to end, has others stand by.
        if (idles && NotByDesign.HasUnseenHandlers(incident.Evidence.Resources, incident.Evidence.Resources.Find(holder)!))
            return null;
        string wait = waiters.Length == 1 ? "waits" : "wait";
        ImmutableArray<Culprit> culprits = [.. locks.SelectMany(edge => FileLockCycle.CulpritsOf(edge, narrator)).Distinct()];
        return new Verdict(
            $"{Narrator.Listing(waiters.Select(narrator.Name))} {wait} for a lock on {first.Part.Target?.Text} that {narrator.Name(holder)} holds, which {(node.Waiters.Any(Tickers.IsOne) ? "does not let go" : "can never let go")}: it {(why is null ? "is stuck" : narrator.What(holder, why.Wait))}.",
            culprits)
        {
            // Who stands by for a lock gets it when its holder is told to give it up; but no holder means to when what it awaits itself waits for the lock.
            OnlySuspected = (node.MayEndItsChild || idles) && SignalMask.AreChosen(incident.Evidence.Resources[holder].SignalsCaught),
        };
    }

    /// <summary>Whether a thread of the holder reads what one of those who wait for the lock is to write, or close; or its runtime is told of the end of its children, of which that is one, and it waits for nobody else. Where its handlers do not show, the only one.</summary>
    private static bool Awaits(Incident incident, int holder, int[] waiters)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        return incident.Edges.Any(edge => edge.From == holder && !edge.IsKinship && StreamEnds.IsRead(edge.Part) && edge.To.Any(waker => waiters.Contains(waker.Node)))
            || (NotByDesign.HasUnseenHandlers(resources, resources.Find(holder)!) ? ChildAwaitedByHandler.HasOneChild(resources, holder) : resources[holder].SignalsCaughtAsChild is not null) && ChildAwaitedByHandler.HowAwaited(incident, holder) == ChildWaiting.ByHandler
                && waiters.Any(waiter => resources.IsDescendant(resources.Find(waiter)!, resources.Find(holder)!));
    }
}
