using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A reader waits for the end of a pipe whose writer is gone. What holds the write end now is a process of another job that has inherited it and never
/// uses it.
/// <code>
/// sh      waits for reader
/// reader  reads a            a: daemon/5w (started by sh as well, in a session of its own)
/// </code>
/// </summary>
internal sealed class EofHeldByUnrelated : EvidenceRule
{
    public override RuleInfo Info { get; } = new("eof-held-by-unrelated", FindingClass.Stall,
        "A reader waits for the end of a pipe whose write end only processes hold open that have it by mistake.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        foreach (HostProcess process in evidence.Triage.HeldByUnrelated)
        {
            if (told.Contains(process.Pid) || process.IsNew || evidence.Adoption.HeldByUnrelated(process, evidence.Graph.NodeOf(process.Pid).Waiters) is not { } held)
                continue;
            if (evidence.StillFor(process.Record, held.Waiter.Thread) >= evidence.Options.MinimumWait
                && held.Holders.All(holder => evidence.HasSettled(holder.Owner))
                && (!held.OnlyIfStill || held.Holders.All(holder => evidence.StandsStill(holder.Owner))))
            {
                yield return Tell(evidence, held);
            }
        }
    }

    private static string Who(Evidence evidence, HeldUp held, int holder)
    {
        HostProcess reader = evidence.Resources.Find(held.Reader)!, other = evidence.Resources.Find(holder)!;
        return !held.Doubtful ? "is of another job and has its stdio elsewhere"
            : evidence.Adoption.IsCopyOfTheParent(reader, other) ? "is a forked copy of the reader's parent, with all that was open there"
            : evidence.Resources.IsDescendant(other, reader) ? "was started by the reader, and has its stdio elsewhere"
            : "was started beside the reader, and has its stdio elsewhere";
    }

    private static string HowItCame(Evidence evidence, HeldUp held, int holder) =>
        MayHaveBeenPassed(evidence, held, holder) ? "it has inherited that end, or was passed it over a socket (SCM_RIGHTS)" : "it has inherited that end";

    /// <summary>Of those of the reader's own job: whether a program came by its fd through its exec, or later, shows nowhere.</summary>
    private static bool MayHaveBeenPassed(Evidence evidence, HeldUp held, int holder) =>
        held.Doubtful && evidence.Resources[holder].Fds.Any(fd => fd.Target.Kind == FdKind.Socket)
        && !evidence.Adoption.IsCopyOfTheParent(evidence.Resources.Find(held.Reader)!, evidence.Resources.Find(holder)!);

    private Finding Tell(Evidence evidence, HeldUp held)
    {
        var narrator = new Narrator(evidence.Resources);
        string reader = narrator.Name(held.Reader);
        FdTarget pipe = held.Wait.Target!;
        ImmutableArray<int> holders = [.. held.Holders.Select(holder => holder.Process).Distinct()];
        string names = Narrator.Listing(holders.Select(narrator.Name));
        bool passed = holders.Any(holder => MayHaveBeenPassed(evidence, held, holder));
        string it = holders.Length == 1 ? "it" : "them";
        ImmutableArray<Culprit> culprits = [.. held.Holders.Select(holder => new Culprit(
            holder.Process, holder.Fd, pipe.Text, $"It ends when {narrator.LetGo(held.Holders)}; {(passed ? $"neither start {it} with that fd next time nor pass {it} that" : $"start {it} without that fd next time")}."))];
        ImmutableArray<IncidentEdge> edges = [new(
            held.Reader, held.Waiter.Thread.Tid, 0, held.Waiter.Wait, held.Wait,
            [.. held.Holders.Select(holder => new Waker(holder.Process, holder.Fd, Direct: true))], EdgeBasis.Assumed)];
        Finding finding = new FindingBuilder(evidence).Build(
            Info, held.Doubtful ? Confidence.Suspected : Confidence.Likely,
            new Verdict($"{reader} waits for the end of pipe {pipe.Id}, whose write end {names} {(holders.Length == 1 ? "has" : "have")} {(passed ? "open" : "inherited")} and {(holders.Length == 1 ? "does" : "do")} not use.", culprits),
            [held.Reader, .. holders],
            [(held.Reader, ParticipantRole.RootWaiter), .. holders.Select(holder => (holder, ParticipantRole.Holder))],
            [held.Reader, .. holders]);
        finding = FindingBuilder.Complete(finding with
        {
            Explanation =
            [
                $"{narrator.WaitSentence(held.Reader, held.Waiter, first: true, many: false)} {string.Join(' ', narrator.HolderSentences(held.Reader, edges))}",
                .. holders.Select(holder => $"{narrator.Name(holder)} {Who(evidence, held, holder)}, and waits for other things: {HowItCame(evidence, held, holder)}."),
                .. culprits.Select(culprit => culprit.Remedy).Distinct(),
            ],
            Edges = FindingBuilder.Edges(evidence, edges),
            NotProvenBecause = [$"{names} can still exit, or write"],
        });
        return Upstream.Join(finding, evidence, Upstream.Of(evidence, held.Reader, finding.Pids));
    }
}
