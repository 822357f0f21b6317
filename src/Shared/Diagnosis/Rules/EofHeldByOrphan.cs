using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A reader waits for the end of a pipe, or of a pseudoterminal, that it made for a child. The child is gone; what holds the write end is something the child left
/// behind and init or a subreaper adopted. It may end some day, so this is a stall and no deadlock.
/// <code>
/// runner  reads a            a: leftover/1w (child of init; its parent has exited)
/// </code>
/// </summary>
internal sealed class EofHeldByOrphan : EvidenceRule
{
    public override RuleInfo Info { get; } = new("eof-held-by-orphan", FindingClass.Stall,
        "A reader waits for the end of a pipe whose write end only orphans hold open: what a child left behind when it exited.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told) =>
        AllHeldUp(evidence, told, (reader, waiter) => ReadsFor(evidence, reader, waiter) >= evidence.Options.MinimumWait)
            .Where(held => held.Holders.All(holder => evidence.HasSettled(holder.Owner)))
            .Select(held => Tell(evidence, held));

    /// <summary>Pids of those who would be told if looks for the minimum wait found them at the same pipe again, each time a timeout has woken them.</summary>
    public static IEnumerable<int> MayRetry(Evidence evidence, IReadOnlySet<int> told) =>
        AllHeldUp(evidence, told, (reader, waiter) => waiter.Wait.Bounded == Bounded.Yes && evidence.StillFor(reader.Record, waiter.Thread) < evidence.Options.Lately).Select(held => held.Reader);

    private static IEnumerable<HeldUp> AllHeldUp(Evidence evidence, IReadOnlySet<int> told, Func<HostProcess, Waiter, bool> counts) => evidence.Triage.HeldUp
        .Where(reader => !told.Contains(reader.Pid) && !reader.IsNew)
        .Select(reader => evidence.Adoption.HeldUp(reader, evidence.Graph.NodeOf(reader.Pid).Waiters.Where(waiter => counts(reader, waiter))))
        .OfType<HeldUp>()
        .Where(held => !LivingToo.InOneCall(evidence, held))
        .Select(held => held with { Doubtful = LivingToo.InAnotherThread(evidence, held), MayReport = evidence.Adoption.MayReport(held) });

    /// <summary>A timeout that comes once may lead somewhere: who has one has to be seen to come back, or it is so long that nobody waits for it.</summary>
    private static TimeSpan? ReadsFor(Evidence evidence, HostProcess reader, Waiter waiter) => waiter.Wait.Bounded switch
    {
        Bounded.No => evidence.StillFor(reader.Record, waiter.Thread),
        Bounded.Yes when Adoption.HasLongTimeout(waiter.Wait, waiter.Thread) => evidence.StillFor(reader.Record, waiter.Thread),
        Bounded.Yes => evidence.Memory.ReturnsFor(reader.Record, waiter.Thread),
        _ => null,
    };

    private Finding Tell(Evidence evidence, HeldUp held)
    {
        var narrator = new Narrator(evidence.Resources);
        string reader = narrator.Name(held.Reader);
        ImmutableArray<int> orphans = [.. held.Holders.Select(holder => holder.Process).Distinct()];
        string names = Narrator.Listing(orphans.Select(narrator.Name));
        string ends = Narrator.Listing([NameOf(evidence, held.Wait, held.Holders), .. held.Others.Select(other => NameOf(evidence, other.Wait, other.Holders))]);
        string remedy = $"It ends when {narrator.LetGo([.. held.Holders, .. held.Others.SelectMany(other => other.Holders)])}.";
        ImmutableArray<Culprit> culprits = [.. held.Holders.Select(holder => new Culprit(
            holder.Process, holder.Fd, evidence.Resources.ResourceOf(holder.Process, holder.Fd), remedy))];
        ImmutableArray<IncidentEdge> edges = [EdgeOf(held, held.Wait, held.Holders)];
        // One stream is enough to be held up by, and is what the finding is known by again; all of them are told.
        IEnumerable<IncidentEdge> others = held.Others.Select(other => EdgeOf(held, other.Wait, other.Holders));

        // What was forgotten sleeps like what has yet to say something: nothing but its words tell them apart.
        ImmutableArray<int> asleep = [.. orphans.Where(orphan => evidence.Graph.NodeOf(orphan).Main is { Wait: var wait } && (wait.Kind == WaitKind.Timer || wait.Members.Any(member => member is { Kind: WaitKind.Timer, Bounded: Bounded.Yes })))];
        bool timed = held.Waiter.Wait.Bounded == Bounded.Yes;
        // Who has come back to such a wait was woken by what it read.
        bool mayGiveUp = Adoption.HasLongTimeout(held.Waiter.Wait, held.Waiter.Thread);
        var builder = new FindingBuilder(evidence);
        Finding finding = builder.Build(
            Info, mayGiveUp || held.Doubtful || held.MayReport ? Confidence.Suspected : Confidence.Likely,
            new Verdict($"{reader} waits for the end of {ends}, which {names} {(orphans.Length == 1 ? "holds" : "hold")} open: left behind by a child that has exited.", culprits),
            [held.Reader, .. orphans],
            [(held.Reader, ParticipantRole.RootWaiter), .. orphans.Select(orphan => (orphan, ParticipantRole.OrphanHolder))],
            [held.Reader, .. orphans]);
        finding = FindingBuilder.Complete(finding with
        {
            Explanation =
            [
                $"{narrator.WaitSentence(held.Reader, held.Waiter, first: true, many: false)} {string.Join(' ', narrator.HolderSentences(held.Reader, [.. edges, .. others]))}",
                .. OrphanSentences(evidence, held),
                .. asleep.Select(orphan => $"{narrator.Name(orphan)} sleeps until a timer ends: then it goes on by itself, and may write to it or let go of it."),
                .. orphans.Where(orphan => evidence.Adoption.Listens(evidence.Resources.Find(orphan)!))
                    .Select(orphan => $"{narrator.Name(orphan)} listens on a unix socket: a server that is meant to stay, and should not have been given the pipe."),
                .. culprits.Select(culprit => culprit.Remedy).Distinct(),
            ],
            Edges = FindingBuilder.Edges(evidence, edges),
            NotProvenBecause = [$"{names} can still exit", .. held.MayReport ? [$"{names} {(orphans.Length == 1 ? "is a copy" : "are copies")} of {reader}, and may be about to say that it has started"] : Array.Empty<string>(), .. held.Doubtful ? [$"other threads of {reader} wait for children that live, and it may be meant to read on for as long as they do"] : Array.Empty<string>(), .. timed ? [mayGiveUp ? $"a timeout will end the wait of {reader}" : $"a timeout wakes {reader} each time, and it may give up"] : Array.Empty<string>(), .. asleep.Select(orphan => $"a timer wakes {narrator.Name(orphan)}, and when shows nowhere")],
        });
        return Upstream.Join(finding, evidence, Upstream.Of(evidence, held.Reader, finding.Pids));
    }

    /// <summary>A master does not say by itself which terminal it is of.</summary>
    private static string NameOf(Evidence evidence, Wait wait, ImmutableArray<Holder> holders) =>
        wait.Kind == WaitKind.Tty ? $"the terminal {evidence.Resources.ResourceOf(holders[0].Process, holders[0].Fd)}" : StreamEnds.NameOf(wait.Target!);

    private static IncidentEdge EdgeOf(HeldUp held, Wait wait, ImmutableArray<Holder> holders) =>
        new(held.Reader, held.Waiter.Thread.Tid, 0, held.Waiter.Wait, wait, [.. holders.Select(holder => new Waker(holder.Process, holder.Fd, Direct: true))], EdgeBasis.Assumed);

    /// <summary>Who has lost its parent, and who holds the pipe below it.</summary>
    private static IEnumerable<string> OrphanSentences(Evidence evidence, HeldUp held)
    {
        var narrator = new Narrator(evidence.Resources);
        HostProcess reader = evidence.Resources.Find(held.Reader)!;
        var told = new HashSet<int>();
        foreach (Holder holder in held.Holders)
        {
            int orphan = (evidence.Adoption.OrphanOf(reader, holder.Owner, held.Wait.Fd) ?? holder.Owner).Pid;
            if (told.Add(orphan))
                yield return OrphanSentence(evidence, orphan);
            if (told.Add(holder.Process))
                yield return $"{narrator.Name(holder.Process)} is a descendant of {narrator.Name(orphan)}.";
        }
    }

    internal static string OrphanSentence(Evidence evidence, int orphan)
    {
        ProcessRecord process = evidence.Resources[orphan];
        string adopted = evidence.Resources.ParentOf(orphan) is { } parent ? $"adopted by {Narrator.Name(evidence.Resources[parent])}" : "adopted by init";
        return evidence.Memory.LostParentOf(process) is { LostParent: { } lost, LostPpid: { } pid }
            ? $"{Narrator.Name(process)} is an orphan: its parent {lost} ({pid}) has exited, and it was {adopted}."
            : $"{Narrator.Name(process)} is an orphan, {adopted}: whoever started it has exited.";
    }
}
