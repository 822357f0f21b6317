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
        foreach (HostProcess process in evidence.Orphans)
        {
            if (!told.Contains(process.Pid) && KindOf(evidence, process) == kind)
                yield return Tell(evidence, process.Pid);
        }
    }

    private static OrphanKind KindOf(Evidence evidence, HostProcess process)
    {
        if (evidence.Adoption.HoldsSomebodysPipe(process))
            return OrphanKind.HoldingPipe;
        return process.Record.Threads.Any(thread => thread.State == 'R') ? OrphanKind.Busy : OrphanKind.Idle;
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
        string[] waits = [.. evidence.Graph.NodeOf(process).Waiters.Take(1).Select(waiter => narrator.WaitSentence(process, waiter, first: true, many: false))];
        Finding finding = new FindingBuilder(evidence).Build(
            Info,
            evidence.Memory.OrphanSince(record) is null ? Confidence.Likely : Confidence.Proven,
            new Verdict($"{who} is an orphan and {does}.", []),
            [process], [(process, ParticipantRole.Orphan)], [process]);
        return FindingBuilder.Complete(finding with { Explanation = [EofHeldByOrphan.OrphanSentence(evidence, process), .. waits] });
    }
}
