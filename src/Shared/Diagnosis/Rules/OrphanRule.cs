using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;
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
        var alike = evidence.Orphans
            .Where(process => !told.Contains(process.Pid) && KindOf(evidence, process) == kind)
            .GroupBy(process => (process.Record.Ppid, Name: NameNormalizer.Of(process.Record.Cmdline, process.Record.Comm), Seen: evidence.Memory.OrphanSince(process.Record) is not null));
        foreach (var group in alike.ToList())
            yield return Tell(evidence, [.. group.OrderBy(process => process.Record.StartTimeTicks).ThenBy(process => process.Pid)], group.Key.Seen);
    }

    private static OrphanKind KindOf(Evidence evidence, HostProcess process)
    {
        if (evidence.Adoption.HoldsSomebodysPipe(process))
            return OrphanKind.HoldingPipe;
        return IsBusy(evidence, process) || Below(evidence, process).Exists(child => IsBusy(evidence, child)) ? OrphanKind.Busy : OrphanKind.Idle;
    }

    private static bool IsBusy(Evidence evidence, HostProcess process) =>
        evidence.Memory.IsBusy(process.Record) ?? (IsRunning(process.Record) || process.Before is { } before && IsRunning(before));

    private static bool IsRunning(ProcessRecord process) => process.Threads.Any(thread => thread.State == 'R');

    /// <summary>All who are left behind with it: it waits for a compiler that works, say.</summary>
    private static List<HostProcess> Below(Evidence evidence, HostProcess process)
    {
        var below = new List<HostProcess>();
        below.AddRange(evidence.Resources.ChildrenOf(process));
        for (int next = 0; next < below.Count && next < evidence.Resources.Count; next++)
            below.AddRange(evidence.Resources.ChildrenOf(below[next]));
        return below;
    }

    /// <param name="evidence">The two looks.</param>
    /// <param name="orphans">Alike: the same program under the same adopter. The oldest first; it gives the finding its id.</param>
    /// <param name="seen">They were seen to lose their parent.</param>
    private Finding Tell(Evidence evidence, ImmutableArray<HostProcess> orphans, bool seen)
    {
        HostProcess oldest = orphans[0];
        var narrator = new Narrator(evidence.Resources);
        string does = kind switch
        {
            OrphanKind.HoldingPipe => "holds a pipe that somebody else still uses",
            OrphanKind.Busy => "goes on running",
            _ => "sits and waits",
        };
        string who = Narrator.Name(oldest.Record);
        string[] waits = [.. evidence.Graph.NodeOf(oldest.Pid).Waiters.Take(1).Select(waiter => narrator.WaitSentence(oldest.Pid, waiter, first: true, many: false))];
        ImmutableArray<Culprit> culprits = [.. orphans.Take(FindingBuilder.MaxEntries).SelectMany(orphan => evidence.Adoption.ListeningPorts(orphan.Record)
            .Select(port => new Culprit(orphan.Pid, port.Fd.Number, port.Fd.Target.Text, $"{port.Socket.Local} is free again when {Narrator.Name(orphan.Record)} exits.")))];
        Finding finding = new FindingBuilder(evidence).Build(
            Info,
            seen ? Confidence.Proven : Confidence.Likely,
            new Verdict(orphans.Length == 1 ? $"{who} is an orphan and {does}." : $"{who} and {orphans.Length - 1} more like it are orphans; it {does}.", culprits),
            [oldest.Pid],
            [.. orphans.Take(FindingBuilder.MaxEntries).Select(orphan => (orphan.Pid, ParticipantRole.Orphan))],
            orphans.Select(orphan => orphan.Pid));
        return FindingBuilder.Complete(finding with
        {
            Explanation =
            [
                EofHeldByOrphan.OrphanSentence(evidence, oldest.Pid),
                .. orphans.Length == 1 ? [] : new[] { $"{orphans.Length - 1} more are like it: {Narrator.Listing(orphans.Skip(1).Select(orphan => Narrator.Name(orphan.Record)))}." },
                .. waits,
                .. StdioSentences(evidence, oldest.Record),
                .. BelowSentence(evidence, oldest),
                .. culprits.Select(culprit => culprit.Remedy).Take(8),
                .. Jobs.NameOf(oldest.Record) is { } job ? new[] { $"A CI job left it behind: {job}." } : [],
            ],
        });
    }

    /// <summary>Where its stdio leads to: an orphan that has been told of the end of its input, and ignores that, is itself to blame.</summary>
    private static IEnumerable<string> StdioSentences(Evidence evidence, ProcessRecord process)
    {
        foreach (FileDescriptor fd in process.Fds.TakeWhile(fd => fd.Number < 2).Where(fd => evidence.Adoption.IsDead(fd, guess: false)))
        {
            yield return fd.Number == 0
                ? $"Nobody has the other end of its stdin ({fd.Target.Text}) any more: its input has ended, and it goes on all the same."
                : $"Nobody reads its stdout ({fd.Target.Text}) any more.";
        }
    }

    private static IEnumerable<string> BelowSentence(Evidence evidence, HostProcess process)
    {
        List<HostProcess> below = Below(evidence, process);
        if (below.Count > 0)
            yield return $"Left behind with it, below it: {Narrator.Listing(below.Select(child => Narrator.Name(child.Record)))}.";
    }
}
