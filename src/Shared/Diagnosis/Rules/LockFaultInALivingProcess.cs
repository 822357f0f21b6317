using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// The owner words of locks name a fault, and other threads of the process live on. Any of them could unlock what it has not locked, though no
/// correct program does so: this is likely, and no proof. Who has a lock and does something else (sits in accept, sleeps, works) is no fault.
/// </summary>
internal sealed class LockFaultInALivingProcess(LockFaultKind kind) : EvidenceRule
{
    public override RuleInfo Info => kind switch
    {
        LockFaultKind.OwnLock => SelfDeadlock.Told,
        LockFaultKind.OrderCycle => LockOrderCycle.Told,
        LockFaultKind.JoinCycle => JoinCycle.Told,
        _ => LockOwnerGone.Told,
    };

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        foreach (HostProcess process in evidence.Triage.LockFaults)
        {
            if (told.Contains(process.Pid) || process.IsNew)
                continue;
            ImmutableArray<LockFault> faults =
            [
                .. LockGraph.Of(process.Record, process.WaitsOf(evidence.Last.Host), evidence.Resources)
                    .Where(fault => fault.Kind == kind && fault.Chain.All(waiter => Stands(evidence, process, waiter))),
            ];
            if (!faults.IsEmpty)
                yield return Tell(evidence, process, faults);
        }
    }

    /// <summary>It has not run since the look before, the words were the same then, and it has waited for long enough.</summary>
    private static bool Stands(Evidence evidence, HostProcess process, LockWaiter waiter)
    {
        ThreadRecord now = waiter.Thread;
        // Of suspects alone the words are read at each look: those of others may be from long ago.
        return now.SignalsPending is not null
            && process.Before?.Threads.FirstOrDefault(thread => thread.Tid == now.Tid) is { } then
            && now.Counters is not null && then.Counters == now.Counters && then.Call.Equals(now.Call)
            && !waiter.Futex!.HasChanged && now.Memory is { FutexWord: not null } && then.Memory is { } before && before.FutexWord == now.Memory.FutexWord
            && (before.LockWords ?? []).AsSpan().SequenceEqual((now.Memory.LockWords ?? []).AsSpan())
            && evidence.StillFor(process.Record, now) >= evidence.Options.MinimumWait;
    }

    /// <summary>That others of its threads live on is said only where one of them was seen to run.</summary>
    private static IEnumerable<string> RestSentence(HostProcess process, LockFault fault)
    {
        string who = Narrator.Name(process.Record);
        ThreadRecord[] others = [.. HostProcess.ThreadsOf(process.Record).Where(thread => !fault.Chain.Any(waiter => waiter.Thread.Tid == thread.Tid))];
        if (others.Any(thread => thread.State == 'R' || process.Before?.Threads.FirstOrDefault(then => then.Tid == thread.Tid) is { } before && before.Counters != thread.Counters))
            yield return $"The rest of {who} goes on.";
        else if (others.Length > 0)
            yield return others.Length == 1 ? $"The other thread of {who} did not run between the two looks either." : $"None of the other {others.Length} threads of {who} ran between the two looks either.";
    }

    /// <summary>Whoever has the memory can unlock what it has not locked: another thread, or a process that shares it (CLONE_VM).</summary>
    private static string WhyNotProven(Evidence evidence, HostProcess process)
    {
        string who = Narrator.Name(process.Record);
        if (evidence.Graph.NodeOf(process.Pid).CanRun is { } why)
            return $"{who} can still run: {why}";
        string[] sharers = [.. process.Record.SharesMemoryWith.Select(evidence.Resources.Find).OfType<HostProcess>().Select(sharer => Narrator.Name(sharer.Record))];
        return (HostProcess.ThreadsOf(process.Record).Count(), sharers.Length) switch
        {
            (1, > 0) => $"{Narrator.Listing(sharers)} {(sharers.Length == 1 ? "has" : "have")} the same memory, can still run, and could unlock what {who} has locked",
            (_, > 0) => $"other threads of {who}, and {Narrator.Listing(sharers)} with the same memory, can still run, and could unlock what they have not locked",
            _ => $"other threads of {who} can still run, and could unlock what they have not locked",
        };
    }

    private Finding Tell(Evidence evidence, HostProcess process, ImmutableArray<LockFault> faults)
    {
        Verdict verdict = LockStory.Tell(faults[0]);
        verdict = verdict with { Notes = [.. verdict.Notes, .. faults.Skip(1).Take(8).Select(fault => LockStory.Tell(fault).Summary)] };
        Finding finding = new FindingBuilder(evidence).Build(
            Info, Confidence.Likely, verdict, [process.Pid], [(process.Pid, ParticipantRole.RootWaiter)], [process.Pid]);
        return FindingBuilder.Complete(finding with
        {
            Explanation = [.. verdict.Sentences, .. RestSentence(process, faults[0]), .. verdict.Culprits.Select(culprit => culprit.Remedy).Distinct()],
            Edges = FindingBuilder.Edges(evidence, LockStory.EdgesOf(faults[0])),
            NotProvenBecause = [WhyNotProven(evidence, process)],
        });
    }
}
