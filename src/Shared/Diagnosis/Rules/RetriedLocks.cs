using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// The part of <see cref="RetryWithoutProgress"/> that owner words tell: threads of a process wait for locks that they have from each other, with a timeout, and come back to it. Who lets go of his own lock
/// before he tries the other again gets on, sooner or later, and is not found in the same wait each time.
/// <code>
/// one  pthread_mutex_timedlock(b), again and again      has a
/// two  pthread_mutex_timedlock(a), again and again      has b
/// </code>
/// </summary>
internal static class RetriedLocks
{
    /// <summary>Those whose threads each look found in the same waits for the minimum wait.</summary>
    public static IEnumerable<Finding> Find(RuleInfo rule, Evidence evidence, IReadOnlySet<int> told)
    {
        foreach (HostProcess process in evidence.Triage.LockFaults)
        {
            if (!told.Contains(process.Pid) && FaultOf(evidence, process, restless: false) is { } fault)
                yield return Tell(rule, evidence, process, fault);
        }
    }

    /// <summary>Pids of those who would be told if looks for the minimum wait found them so again, each time a timeout has woken them.</summary>
    public static IEnumerable<int> MayRetry(Evidence evidence, IReadOnlySet<int> told)
    {
        foreach (HostProcess process in evidence.Triage.LockFaults)
        {
            if (!told.Contains(process.Pid) && FaultOf(evidence, process, restless: true) is not null)
                yield return process.Pid;
        }
    }

    private static LockFault? FaultOf(Evidence evidence, HostProcess process, bool restless)
    {
        if (process.IsNew)
            return null;
        foreach (LockFault fault in LockGraph.Of(process.Record, process.PatientWaitsOf(evidence.Last.Host), evidence.Resources))
        {
            bool timed = false, stands = fault.Kind != LockFaultKind.OwnerGone;
            foreach (LockWaiter waiter in fault.Chain)
            {
                timed |= IsTimed(waiter);
                stands = stands && Stands(evidence, process, waiter, restless);
            }
            if (timed && stands)
                return fault;
        }
        return null;
    }

    // futex(2): uaddr, op, val, timeout
    private static bool IsTimed(LockWaiter waiter) => waiter.Thread.Call.Arguments[3] != 0;

    /// <summary>It waits for the same thing as at the look before, which the same thread had then, and has done so for long enough.</summary>
    private static bool Stands(Evidence evidence, HostProcess process, LockWaiter waiter, bool restless)
    {
        ThreadRecord now = waiter.Thread;
        // Of suspects alone the words are read at each look.
        if (now.SignalsPending is null || process.Before?.FindThread(now.Tid) is not { } then || waiter.Futex!.HasChanged
            || !waiter.Joins && !(now.Memory is { FutexWord: not null } && then.Memory is { } before && (before.LockWords ?? []).AsSpan().SequenceEqual((now.Memory.LockWords ?? []).AsSpan())))
            return false;
        if (!IsTimed(waiter))
            return restless || evidence.StillFor(process.Record, now) >= evidence.Options.MinimumWait;
        return evidence.Memory.ReturnsFor(process.Record, now) >= evidence.Options.MinimumWait || restless && evidence.StillFor(process.Record, now) < evidence.Options.Lately;
    }

    private static Finding Tell(RuleInfo rule, Evidence evidence, HostProcess process, LockFault fault)
    {
        Verdict verdict = LockStory.Tell(fault);
        verdict = verdict with { Summary = $"{verdict.Summary.TrimEnd('.')}; the waits have timeouts, and come again and again." };
        Finding finding = new FindingBuilder(evidence).Build(rule, Confidence.Suspected, verdict, [process.Pid], [(process.Pid, ParticipantRole.RootWaiter)], [process.Pid]);
        return FindingBuilder.Complete(finding with
        {
            Explanation = [.. verdict.Sentences, .. verdict.Culprits.Select(culprit => culprit.Remedy).Distinct()],
            Edges = FindingBuilder.Edges(evidence, LockStory.EdgesOf(fault)),
            NotProvenBecause = [.. fault.Chain.Where(IsTimed).Select(waiter => $"a timeout wakes thread {waiter.Thread.Comm} ({waiter.Thread.Tid}) of {Narrator.Name(process.Record)} each time, and it may give up")],
        });
    }
}
