using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis.Rules;

internal enum OrphanKind { HoldingPipe, Busy, Idle }

/// <summary>
/// A process whose parent has exited and that is no daemon. An orphan is not a hang: it is told as what it is, and what it does.
/// </summary>
internal sealed class OrphanRule(OrphanKind kind) : EvidenceRule
{
    public override RuleInfo Info { get; } = kind switch
    {
        OrphanKind.HoldingPipe => new RuleInfo("orphan-holding-pipe", FindingClass.Orphan, "An orphan holds an end of a pipe whose other end a process outside its own kin still has."),
        OrphanKind.Busy => new RuleInfo("orphan-busy", FindingClass.Orphan, "An orphan goes on using the CPU."),
        _ => new RuleInfo("orphan-idle", FindingClass.Orphan, "An orphan sits and waits."),
    };

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        for (int process = 0; process < evidence.Last.Processes.Length; process++)
        {
            ProcessRecord record = evidence.Resources[process];
            if (told.Contains(record.Pid) || record.IsZombie || !evidence.WasThere(record) || !IsOrphan(evidence, process) || KindOf(evidence, process) != kind)
                continue;
            yield return Tell(evidence, process);
        }
    }

    /// <summary>Seen to lose its parent, or found as one; in both cases its stdio must say that it is no daemon.</summary>
    private static bool IsOrphan(Evidence evidence, int process)
    {
        ProcessRecord record = evidence.Resources[process];
        if (evidence.Memory.OrphanSince(record) is { } since)
            return evidence.Last.Uptime - since >= evidence.Options.OrphanGrace
                && (Adoption.HasDeadStdio(evidence.Resources, process) || HoldsSomebodysPipe(evidence, process))
                && !Adoption.Listens(evidence.Last, record);
        return evidence.AgeOf(record) >= evidence.Options.OrphanGrace && Adoption.LooksOrphaned(evidence.Resources, process);
    }

    private static OrphanKind KindOf(Evidence evidence, int process)
    {
        if (HoldsSomebodysPipe(evidence, process))
            return OrphanKind.HoldingPipe;
        return evidence.Resources[process].Threads.Any(thread => thread.State == 'R') ? OrphanKind.Busy : OrphanKind.Idle;
    }

    /// <summary>A stdio pipe whose other end somebody has who is neither its descendant nor of its own process group.</summary>
    private static bool HoldsSomebodysPipe(Evidence evidence, int process)
    {
        ResourceIndex resources = evidence.Resources;
        ProcessRecord record = resources[process];
        return record.Fds.TakeWhile(fd => fd.Number <= 2).Any(fd => fd.Target.Kind == FdKind.Pipe && resources.HoldersOf(fd.Target).Any(other =>
            other.Fd.Access != fd.Access
            && other.Process != process
            && resources[other.Process].Pgrp != record.Pgrp
            && !resources.IsDescendant(other.Process, process)));
    }

    private Finding Tell(Evidence evidence, int process)
    {
        ProcessRecord record = evidence.Resources[process];
        string who = Narrator.Name(record);
        string does = kind switch
        {
            OrphanKind.HoldingPipe => "holds a pipe that somebody else still uses",
            OrphanKind.Busy => "goes on running",
            _ => "sits and waits",
        };
        var narrator = new Narrator(evidence.Resources);
        string[] waits = [.. evidence.Graph.Nodes[process].Waiters.Take(1).Select(waiter => narrator.WaitSentence(process, waiter, first: true, many: false))];
        Finding finding = new FindingBuilder(evidence).Build(
            Info,
            evidence.Memory.OrphanSince(record) is null ? Confidence.Likely : Confidence.Proven,
            new Verdict($"{who} is an orphan and {does}.", []),
            [process], [(process, ParticipantRole.Orphan)], [process]);
        return FindingBuilder.Complete(finding with { Explanation = [EofHeldByOrphan.OrphanSentence(evidence, process), .. waits] });
    }
}
