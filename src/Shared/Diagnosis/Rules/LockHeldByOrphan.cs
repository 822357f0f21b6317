using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// Processes wait for a file lock. Who took it has exited; what it started in the background has inherited the open file, and with it the lock of flock(2), and stands
/// still. It may end some day, so this is a stall and no deadlock.
/// <code>
/// deploy  waits for l            l: daemon/3 (child of init; who started it has exited)
/// </code>
/// </summary>
internal sealed class LockHeldByOrphan : EvidenceRule
{
    public override RuleInfo Info { get; } = new("lock-held-by-orphan", FindingClass.Stall,
        "Processes wait for a file lock that only orphans hold: they inherited it with an open file from somebody who has exited.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        var found = new List<List<LockLeft>>();
        foreach (HostProcess process in evidence.Triage.Stuck)
        {
            if (told.Contains(process.Pid) || process.IsNew || !Awaits(process, evidence.Last.Host) || LocalFact.WhyItCanRun(process, noThreads: false, guess: false, Housekeeping.In(process.Record, process.WaitsOf(evidence.Last.Host))) is not null)
                continue;
            foreach (Waiter waiter in evidence.Graph.NodeOf(process.Pid).Waiters)
            {
                if (!IsLock(waiter.Wait) || evidence.StillFor(process.Record, waiter.Thread) < evidence.Options.MinimumWait
                    || evidence.Adoption.LeftWithLock(process, waiter) is not { } left)
                    continue;
                bool still = left.Holders.All(holder => IsAtRest(evidence, evidence.Resources.Find(holder.Node)!, mayServe: false));
                if (!still)
                {
                    if (!left.Holders.All(holder => IsAtRest(evidence, evidence.Resources.Find(holder.Node)!, mayServe: true)))
                        continue;
                    left = left with { Sure = false, Wakes = true };
                }
                // Who waits behind another one waits for the same.
                if (found.Find(alike => alike[0].Holders.All(left.Holders.Contains)) is { } queue)
                    queue.Add(left);
                else
                    found.Add([left]);
                break;
            }
        }
        foreach (List<LockLeft> queue in found)
            yield return Tell(evidence, queue);
    }

    private static bool IsLock(Wait wait) => wait is { Kind: WaitKind.FileLock, Bounded: Bounded.No, Lock: not null };

    private static bool Awaits(HostProcess process, HostIdentity host)
    {
        foreach (Wait wait in process.WaitsOf(host))
        {
            if (IsLock(wait))
                return true;
        }
        return false;
    }

    /// <summary>Neither it nor what it has started does anything: what is at work may be what the lock is for.</summary>
    /// <param name="mayServe">Whether one is at rest that wakes now and then where it waits for clients.</param>
    private static bool IsAtRest(Evidence evidence, HostProcess holder, bool mayServe)
    {
        foreach (HostProcess process in evidence.Resources.Processes)
        {
            if ((process == holder || !process.Record.IsZombie && evidence.Resources.IsDescendant(process, holder))
                && !(evidence.HasSettled(process) && (evidence.StandsStill(process) || mayServe && OnlyServes(evidence, process))))
                return false;
        }
        return true;
    }

    /// <summary>
    /// Whether clients can find it, and all it does is to look whether one has come: its loop has a timeout, and each look found it there. That it wakes says nothing of whether it will unlock what it does not know of;
    /// what works under a lock waits for no clients.
    /// </summary>
    private static bool OnlyServes(Evidence evidence, HostProcess process)
    {
        if (evidence.Memory.StandsFor(process.Record) <= TimeSpan.Zero || !evidence.Adoption.Listens(process) && !evidence.Adoption.ListeningPorts(process.Record).Any())
            return false;
        ImmutableArray<Wait> waits = process.WaitsOf(evidence.Last.Host);
        return waits.Any(wait => wait is { Kind: WaitKind.Poll, Bounded: Bounded.Yes }) && waits.All(wait => wait.Bounded == Bounded.No || wait.Kind == WaitKind.Poll);
    }

    private Finding Tell(Evidence evidence, List<LockLeft> queue)
    {
        var narrator = new Narrator(evidence.Resources);
        LockLeft first = queue[0];
        ImmutableArray<int> waiters = [.. queue.Select(left => left.Process.Pid)];
        ImmutableArray<int> orphans = [.. first.Holders.Select(holder => holder.Node).Distinct()];
        string names = Narrator.Listing(orphans.Select(narrator.Name)), file = first.Waiter.Wait.Target!.Text;
        ImmutableArray<IncidentEdge> edges = [.. queue.Select(left => new IncidentEdge(left.Process.Pid, left.Waiter.Thread.Tid, 0, left.Waiter.Wait, left.Waiter.Wait, first.Holders, EdgeBasis.Assumed))];
        ImmutableArray<Culprit> culprits = [.. FileLockCycle.CulpritsOf(edges[0], narrator)];

        Finding finding = new FindingBuilder(evidence).Build(
            Info, first.Sure ? Confidence.Likely : Confidence.Suspected,
            new Verdict(
                $"{Narrator.Listing(waiters.Select(narrator.Name))} {(waiters.Length == 1 ? "waits" : "wait")} for a lock on {file} that {names} {(orphans.Length == 1 ? "holds" : "hold")}: left behind with the open file by who took it.", culprits,
                ["What is started under a lock of flock(2) and is to live on must not keep the open file: close it there (9>&- in a shell), open it close-on-exec, or have flock(1) keep it to itself (-o)."]),
            [first.Process.Pid, .. orphans],
            [.. waiters.Select(waiter => (waiter, ParticipantRole.RootWaiter)), .. orphans.Select(orphan => (orphan, ParticipantRole.OrphanHolder))],
            [.. waiters, .. orphans]);
        finding = FindingBuilder.Complete(finding with
        {
            Explanation =
            [
                $"{narrator.WaitSentence(first.Process.Pid, first.Waiter, first: true, many: false)} {string.Join(' ', narrator.HolderSentences(first.Process.Pid, [edges[0]]))}",
                .. queue.Count == 1 ? Array.Empty<string>() : [$"{Narrator.Listing(waiters[1..].Select(narrator.Name))} {(queue.Count == 2 ? "waits" : "wait")} for the same."],
                TakerSentence(evidence, first, names, orphans.Length == 1),
                .. orphans.Where(orphan => evidence.Resources.ParentOf(orphan) is not { } parent || !orphans.Contains(parent)).Select(orphan => EofHeldByOrphan.OrphanSentence(evidence, orphan)),
                .. culprits.Select(culprit => culprit.Remedy).Distinct(),
            ],
            Edges = FindingBuilder.Edges(evidence, edges),
            NotProvenBecause =
            [
                $"{names} can still exit, or unlock it",
                .. first.Wakes ? [$"{names} {(orphans.Length == 1 ? "wakes" : "wake")} now and then, to see whether a client has come"] : Array.Empty<string>(),
                .. first.MayStay ? [$"{names} {(orphans.Length == 1 ? "was" : "were")} started to outlive who started {(orphans.Length == 1 ? "it" : "them")}, and may have been handed the lock for as long"] : Array.Empty<string>(),
            ],
        });
        foreach (int waiter in waiters)
            finding = Upstream.Join(finding, evidence, Upstream.Of(evidence, waiter, finding.Pids));
        return finding;
    }

    private static string TakerSentence(Evidence evidence, LockLeft left, string names, bool one)
    {
        string lives = $"it goes with the open file, which {names} {(one ? "has" : "have")} inherited";
        return evidence.Resources.Find(left.Taker) is { Record.IsZombie: false } taker ? $"The lock was taken by {Narrator.Name(taker.Record)}, which has let go of it: {lives}."
            : left.Taker > 0 ? $"The lock was taken by process {left.Taker}, which has exited: {lives}."
            : $"Who took the lock has let go of it: {lives}.";
    }
}
