using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Tells an incident as a finding: names it, says how sure it is and what that rests on.</summary>
internal static class DeadlockTeller
{
    /// <summary>
    /// Null where no rule names a fault and a member of the core may wait for a signal by design: a supervisor and its idle workers, say.
    /// </summary>
    public static Finding? Tell(Incident incident)
    {
        Evidence evidence = incident.Evidence;
        var narrator = new Narrator(evidence.Resources);
        ImmutableArray<(RuleInfo Rule, Verdict Verdict)> fits = Aftermath.Order(incident, [.. RuleBook.DeadlockRules
            .Select(rule => (rule.Info, Verdict: rule.Judge(incident, narrator)!))
            .Where(fit => fit.Verdict is not null)]);
        (RuleInfo rule, Verdict verdict) = Knots.Complete(incident, narrator, fits[0].Rule, fits[0].Verdict);
        // Of several one may be a supervisor whose handlers do not show.
        if (!verdict.NamesFault && (incident.Core.Any(member => incident.Evidence.Graph.NodeOf(member).MayWaitForSignal) || incident.Core.Count > 2 && incident.HasUnseenHandlers))
        {
            if (fits.FirstOrDefault(fit => fit.Verdict.SpeaksAgainstIdling) is not { Verdict: not null } against)
                return null;
            (rule, verdict) = against;
        }
        // There has to be somebody to blame: what says it best may say that of idle ones, too.
        if (evidence.CountsLess && !verdict.NamesFault)
        {
            if (fits.FirstOrDefault(fit => fit.Verdict.NamesFault) is not { Verdict: not null } named)
                return null;
            (rule, verdict) = named;
        }
        ImmutableArray<string> doubts = [.. WhyNotProven(incident), .. NamedFifos.Doubts(incident), .. NamedMemory.Doubts(incident), .. verdict.Doubts, .. verdict.NamesFault ? [] : WhoMayEndAChild(incident)];
        ImmutableArray<string> meant = [.. WhoMeansToEndAChild(incident)];
        // What is hidden besides makes nothing surer.
        bool suspected = verdict.OnlySuspected || evidence.Counting is Counting.Patient or Counting.Restless || evidence.Counting == Counting.Named && !(NamedMemory.IsJoined(incident) && NamedMemory.IsToItself(incident)) && !NamedMemory.NamesFault(incident) || !meant.IsEmpty && (!verdict.NamesFault || !doubts.IsEmpty && !doubts.Except(meant).Any())
            || !verdict.NamesFault && incident.Core.Any(member => !ReadsItsInput(evidence.Graph.NodeOf(member)) && (NotByDesign.HandlersThatMayAct(evidence.Resources, evidence.Resources.Find(member)!) & ~(SignalMask.Interrupt | SignalMask.OfTheTerminal)) != 0)
            || !verdict.NamesFault && incident.HasUnseenHandlers
            || UntilInterrupted.IsMeant(evidence, incident.Core)
            || HaveAHiddenParent(incident)
            || incident.Core.Any(member => evidence.Graph.NodeOf(member).Waiters.Any(Tickers.IsOne));
        ImmutableArray<string> notProven = [.. doubts.Union(NotByDesign.DoubtsOf(evidence, incident.Core)).Union(UntilInterrupted.DoubtsOf(evidence, incident.Core))];
        if (suspected && notProven.IsEmpty)
            notProven = [.. NotByDesign.WhoMayIdle(evidence, incident.Core)];

        var builder = new FindingBuilder(evidence);
        // That somebody waits for a child that is stuck stands in the story; as another rule's note it would name a remedy that is none.
        Finding finding = builder.Build(
            rule,
            suspected ? Confidence.Suspected : notProven.IsEmpty && evidence.Counting == Counting.All ? Confidence.Proven : Confidence.Likely,
            verdict with { Notes = [.. verdict.Notes, .. fits.Skip(1).SkipLast(1).Where(fit => fit.Rule != ChildNeverExits.Told && fit.Rule != rule).Select(fit => $"{fit.Rule.Name} fits as well: {fit.Verdict.Summary}"), .. HazardNotes(incident, rule), .. DeadChildren(incident)] },
            incident.Core,
            RolesOf(incident, verdict),
            incident.Members);
        ImmutableArray<string> explanation = narrator.Tell(incident, withLocks: verdict.Sentences.IsEmpty);
        string close = notProven.IsEmpty ? "Nobody else can wake any of them." : "Nobody else is seen who could wake any of them.";
        if (incident.Members.Length == 1)
            close = notProven.IsEmpty ? "Nobody else can wake it." : "Nobody else is seen who could wake it.";
        finding = FindingBuilder.Complete(finding with
        {
            Explanation = [.. explanation, .. verdict.Sentences, close, .. verdict.Culprits.Select(culprit => culprit.Remedy).Distinct().Take(MaxRemedies)],
            Edges = FindingBuilder.Edges(evidence, [.. incident.Edges, .. verdict.Awaited]),
            Notes = [.. finding.Notes, .. UntilInterrupted.NotesOn(evidence, incident.Core)],
            Assumptions = AssumptionsOf(incident),
            NotProvenBecause = notProven,
        });
        // Who waits for one of them and is not stuck itself, for another thread of it lives on, say.
        return Upstream.Join(finding, evidence,
        [
            .. incident.Members
                .Where(member => evidence.Resources.ParentOf(member) is { } parent && !incident.Members.Contains(parent))
                .SelectMany(member => Upstream.Of(evidence, member, incident.Members)).Where(edge => !incident.Members.Contains(edge.From)).DistinctBy(edge => edge.From),
        ]);
    }

    /// <summary>Whether several of them are children of one process whose table may not be read, and which made what joins them: it may well have kept it.</summary>
    private static bool HaveAHiddenParent(Incident incident)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        return incident.Core.Select(member => resources.ParentOf(resources.Find(member)!)).OfType<HostProcess>()
            .Where(parent => parent is { IsHidden: true, Record.NsPid: not 1 }).GroupBy(parent => parent.Pid).Any(family => family.Skip(1).Any());
    }

    /// <summary>A filter, which goes on to the end of its input: what it does when a signal comes is to clean up.</summary>
    private static bool ReadsItsInput(WaitNode node) => node.Waiters is [{ Wait: { Kind: WaitKind.PipeRead, Fd: 0 } }];

    /// <summary>Sentences that say what would end it; more of them say nothing new.</summary>
    private const int MaxRemedies = 20;

    /// <summary>Other duplicates of stdio among the members are worth knowing where they are not already the verdict.</summary>
    private static IEnumerable<string> HazardNotes(Incident incident, RuleInfo rule)
    {
        if (rule.Name is "stdio-duplicate-stuck")
            yield break;
        foreach (int member in incident.Members)
        {
            ProcessRecord process = incident.Evidence.Resources[member];
            foreach (StdioDuplicates pair in StdioDuplicates.Of(incident.Evidence.Resources, process))
                yield return $"{Narrator.Name(process)} holds {pair.Stdio.Target.Text} at fd {pair.Stdio.Number} and again at {Narrator.Listing(pair.Duplicates.Select(fd => $"fd {fd.Number}"))}.";
        }
    }

    /// <summary>A worker that is gone answers nobody; who waits for the answer is not told of that.</summary>
    private static IEnumerable<string> DeadChildren(Incident incident)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        foreach (int member in incident.Core.Order())
        {
            string[] dead = [.. resources.ChildrenOf(resources.Find(member)!).Where(child => child.Record.IsZombie).Select(child => Narrator.Name(child.Record))];
            if (dead.Length > 0)
                yield return $"{Narrator.Listing(dead)}, {(dead.Length == 1 ? "a child" : "children")} of {Narrator.Name(resources[member])} that it has not waited for, {(dead.Length == 1 ? "has" : "have")} exited: if that was to go on here, nobody does.";
        }
    }

    private static ImmutableArray<(int, ParticipantRole)> RolesOf(Incident incident, Verdict verdict)
    {
        var awaited = incident.Edges.SelectMany(edge => edge.To.Where(waker => waker.Node != edge.From).Select(waker => waker.Node)).ToHashSet();
        var holders = verdict.Culprits.Select(culprit => culprit.Pid).ToHashSet();
        int[] order = [.. Narrator.InOrder(incident)];
        return [.. order.Select((node, place) => (node,
            holders.Contains(node) && order.Length > 1 ? ParticipantRole.Holder
            : !awaited.Contains(node) || place == 0 ? ParticipantRole.RootWaiter
            : ParticipantRole.Waiter))];
    }

    internal static ImmutableArray<string> AssumptionsOf(Incident incident)
    {
        var assumptions = new SortedSet<string>(StringComparer.Ordinal);
        foreach (int member in incident.Members)
        {
            if (incident.Evidence.Resources[member].HasAlarm is null)
                assumptions.UnionWith([Assumption.NoItimer, Assumption.NoUnseenIoUring, Assumption.NoUnseenSignal]);
            else if (incident.Evidence.Resources.Descriptors.Signallers.Count > 0)
                assumptions.Add(Assumption.NoUnseenSignal);
            WaitNode node = incident.Evidence.Graph.NodeOf(member);
            assumptions.UnionWith(node.Waiters.SelectMany(waiter => waiter.Clauses).SelectMany(clause => clause.Assumptions));
            if (node.Waiters.Any(waiter => waiter.Reuse == FdReuse.NotKnown))
                assumptions.Add(Assumption.FdNotReused);
            if (node.Waiters.Any(waiter => waiter.Reuse == FdReuse.NoneButByInit))
                assumptions.Add(Assumption.InitHoldsNoEnd);
        }
        if (PidFds.AnyMayTakeFrom(incident))
            assumptions.Add(Assumption.NoPidFdGetFd);
        return [.. assumptions];
    }

    internal static IEnumerable<string> WhoMayEndAChild(Incident incident) =>
        incident.Core.Where(member => incident.Evidence.Graph.NodeOf(member).MayEndItsChild).Order().Select(member => NotByDesign.MayEndItsChild(incident.Evidence.Resources[member]));

    /// <summary>Those of them who have chosen their signals. Who catches whatever would end it does so to clean up, and says nothing by it.</summary>
    private static IEnumerable<string> WhoMeansToEndAChild(Incident incident) =>
        from member in incident.Core
        where incident.Evidence.Graph.NodeOf(member).MayEndItsChild && SignalMask.AreChosen(incident.Evidence.Resources[member].SignalsCaught)
        select NotByDesign.MayEndItsChild(incident.Evidence.Resources[member]);

    /// <summary>Who may still run there and was not counted.</summary>
    private static IEnumerable<string> LeftAside(ProcessRecord process, WaitNode node)
    {
        if (!node.Aside.IsEmpty)
        {
            string names = Narrator.Listing(node.Aside.GroupBy(waiter => waiter.Thread.Comm).Select(alike => alike.Count() == 1 ? alike.Key : $"{alike.Key} ({alike.Count()} of them)"));
            yield return $"service threads of its runtime go on in {Narrator.Name(process)} and were left aside: {names}";
        }
        foreach (Waiter waiter in node.Waiters.Where(waiter => waiter.Timed))
            yield return $"thread {waiter.Thread.Comm} ({waiter.Thread.Tid}) of {Narrator.Name(process)} waits with a timeout: it wakes, and comes back to the same wait each time";
    }

    private static IEnumerable<string> WhoElseIfReused(Evidence evidence, int member, Waiter waiter)
    {
        string[] others = [.. waiter.WakersIfReused.Where(pid => !evidence.Proven.Contains(pid)).Select(pid => pid == 0 ? "others" : Narrator.Name(evidence.Resources[pid]))];
        if (others.Length > 0)
            yield return $"a thread of {Narrator.Name(evidence.Resources[member])} may have replaced an fd under the call of another one, {waiter.Thread.Tid}, which then waits for {Narrator.Listing(others)}";
    }

    internal static ImmutableArray<string> WhyNotProven(Incident incident)
    {
        var reasons = new List<string>();
        foreach (int member in incident.Members)
        {
            if (incident.Evidence.Proven.Contains(member))
                continue;
            WaitNode node = incident.Evidence.Graph.NodeOf(member);
            reasons.AddRange(LeftAside(incident.Evidence.Resources[member], node));
            reasons.AddRange(Tickers.Doubts(incident.Evidence.Resources[member], node));
            reasons.AddRange(node.NotKnown);
            reasons.AddRange(node.Waiters.SelectMany(waiter => WhoElseIfReused(incident.Evidence, member, waiter)));
            reasons.AddRange(node.Waiters.SelectMany(waiter => waiter.Clauses).Where(clause => clause.Open == Openness.Hidden).Select(clause => clause.Why!));
        }
        return [.. reasons.Distinct()];
    }
}
