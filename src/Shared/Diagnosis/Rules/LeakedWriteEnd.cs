using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process has inherited the write end of a pipe that it has nothing to do with, see <see cref="PipeHazards.IsBystander"/>. Whoever waits for the end of
/// that pipe will wait for this process too.
/// <code>
/// runner  reads a                a: tool/1w bystander/5w
/// runner  feeds b at fd 7        b: runner/7w filter/0r bystander/7w
/// </code>
/// </summary>
internal sealed class LeakedWriteEnd : EvidenceRule
{
    public override RuleInfo Info { get; } = new("leaked-write-end", FindingClass.Hazard,
        "A process has inherited, without close-on-exec, the write end of a pipe that it has nothing to do with.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        foreach (HostProcess reader in evidence.Triage.LeakReaders)
        {
            foreach (Wait wait in reader.WaitsOf(evidence.Last.Host).SelectMany(StreamEnds.ReadsOf))
            {
                foreach (Holder holder in evidence.Resources.HoldersOf(wait.Target!).ToList())
                {
                    if (!told.Contains(holder.Process) && !reader.IsNew && IsLeak(evidence.Resources, reader, wait, holder))
                        yield return Tell(evidence, reader, wait, holder);
                }
            }
        }
    }

    /// <summary>It had the fd at the look before, too: between fork(2) and execve(2) everybody has everything.</summary>
    private static bool IsLeak(ResourceIndex resources, HostProcess reader, Wait wait, Holder holder) =>
        holder.Owner.Before is { } before && before.FindFd(holder.Fd)?.Target == wait.Target && before.Exe == holder.Owner.Record.Exe
        && holder.Owner.Record.FindFd(holder.Fd) is { CloseOnExec: false }
        && PipeHazards.IsBystander(resources, reader, wait, holder);

    private Finding Tell(Evidence evidence, HostProcess reader, Wait wait, Holder holder)
    {
        string who = Narrator.Name(holder.Owner.Record), waiter = Narrator.Name(reader.Record), parent = Narrator.Name(evidence.Resources.ParentOf(holder.Owner)!.Record);
        string remedy = $"Close fd {holder.Fd} when {who} is started: make it close-on-exec in {parent}.";
        Finding finding = new FindingBuilder(evidence).Build(
            Info, Confidence.Likely,
            new Verdict($"{who} has inherited the write end of pipe {wait.Target!.Id} at fd {holder.Fd}, which {waiter} reads and which is not its own.",
                [new Culprit(holder.Process, holder.Fd, wait.Target.Text, remedy)]),
            [holder.Process, reader.Pid],
            [(holder.Process, ParticipantRole.Hazard), (reader.Pid, ParticipantRole.Waiter)],
            [holder.Process]);
        return FindingBuilder.Complete(finding with
        {
            Explanation =
            [
                $"{waiter} reads pipe {wait.Target.Id} at fd {wait.Fd}.",
                $"{who} has its write end at fd {holder.Fd}, without close-on-exec, as {parent} had it when it started it.",
                $"Nothing hangs yet. Whoever waits for the end of that pipe will wait until {who} has ended, too.",
                remedy,
            ],
            NotProvenBecause = ["that it came by inheritance, and is of no use there, is a conclusion"],
        });
    }
}
