using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process waits on a pipe whose write end only it has, so that its end cannot come. It is no hang yet: the wait has a timeout, or other threads run.
/// <code>
/// filter  reads a at fd 0, with a timeout       a: filter/0r filter/4w
/// </code>
/// </summary>
internal sealed class OwnBothEnds : EvidenceRule
{
    public override RuleInfo Info { get; } = new("own-both-ends", FindingClass.Hazard,
        "A process waits on a pipe whose write end nobody but itself has: the end of the pipe cannot come.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        foreach (HostProcess process in evidence.Triage.OwnReaders)
        {
            if (!told.Contains(process.Pid) && !process.IsNew && PipeHazards.FindOwn(evidence.Resources, process) is { } wait && !PipeHazards.IsBell(process, wait))
                yield return Tell(evidence, process, wait);
        }
    }

    private Finding Tell(Evidence evidence, HostProcess process, Wait wait)
    {
        string who = Narrator.Name(process.Record);
        ImmutableArray<int> ends = [.. evidence.Resources.HoldersOf(wait.Target!).Where(holder => (holder.Access & FdAccess.Write) != 0).Select(holder => holder.Fd)];
        string fds = Narrator.Listing(ends.Select(fd => $"fd {fd}"));
        string remedy = $"Close {fds} in {who}, before it reads pipe {wait.Target!.Id} to its end.";
        Finding finding = new FindingBuilder(evidence).Build(
            Info, Confidence.Proven,
            new Verdict($"{who} waits on pipe {wait.Target.Id} (fd {wait.Fd}), whose write end nobody but itself has, at {fds}.",
                [.. ends.Select(fd => new Culprit(process.Pid, fd, wait.Target.Text, remedy))]),
            [process.Pid], [(process.Pid, ParticipantRole.Hazard)], [process.Pid]);
        return FindingBuilder.Complete(finding with
        {
            Explanation = [$"{who} reads pipe {wait.Target.Id} at fd {wait.Fd} and has its write end at {fds}; nobody else has either end.", "Nothing hangs yet. The end of that pipe cannot come as long as it holds it.", remedy],
        });
    }
}
