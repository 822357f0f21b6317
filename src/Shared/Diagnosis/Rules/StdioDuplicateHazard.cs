using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process holds duplicates of its own stdio pipes. As long as it lives, closing stdout does not tell the reader that it is done.
/// </summary>
internal sealed class StdioDuplicateHazard : EvidenceRule
{
    public override RuleInfo Info { get; } = new("stdio-duplicate", FindingClass.Hazard,
        "A process holds a second fd on a pipe that is its stdin, stdout or stderr: closing the one does not end the pipe.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        ResourceIndex resources = evidence.Resources;
        foreach (HostProcess process in evidence.Triage.Duplicates)
        {
            if (told.Contains(process.Pid) || process.IsNew)
                continue;
            ImmutableArray<StdioDuplicates> pairs = [.. StdioDuplicates.Of(resources, process.Record)
                .Where(pair => IsAwaited(resources, process, pair.Stdio) && !IsSpokenToThere(process, evidence.Last.Host, pair))];
            if (!pairs.IsEmpty && !HasItFromItsParent(resources, process, pairs))
                yield return Tell(evidence, process.Pid, pairs);
        }
    }

    /// <summary>
    /// Who reads twice keeps nobody from the end of the pipe: it counts only for who is to learn from an error that nobody reads any more (EPIPE). That is whoever
    /// gave it its stdin; a shell's <c>&lt; &lt;(command)</c>, which is at the loop's stdin and at fd 63, is of its own making.
    /// </summary>
    private static bool IsAwaited(ResourceIndex resources, HostProcess process, FileDescriptor stdio) => stdio switch
    {
        { Target.Kind: FdKind.Pipe, Access: FdAccess.Read } => IsAwaitedByWriter(resources, process, stdio),
        { Target.Kind: FdKind.Pipe, Access: FdAccess.Write } => !ReadsItAlone(resources, process, stdio),
        _ => true,
    };

    /// <summary>It has put a pipe of its own there, to see what it prints itself (a Jupyter kernel).</summary>
    private static bool ReadsItAlone(ResourceIndex resources, HostProcess process, FileDescriptor stdio)
    {
        Holder[] readers = [.. resources.HoldersOf(stdio.Target).Where(holder => (holder.Access & FdAccess.Read) != 0)];
        return readers.Length > 0 && readers.All(reader => reader.Owner == process);
    }

    private static bool IsAwaitedByWriter(ResourceIndex resources, HostProcess process, FileDescriptor stdio) =>
        resources.HoldersOf(stdio.Target).Any(holder => (holder.Access & FdAccess.Write) != 0 && holder.Owner != process && resources.IsDescendant(process, holder.Owner));

    /// <summary>Who has moved its stdio there reads what it is told as long as it lives (ssh(1) below sftp, scp and rsync): nobody waits for an end.</summary>
    private static bool IsSpokenToThere(HostProcess process, HostIdentity host, StdioDuplicates pair) =>
        (pair.Stdio.Target.Kind == FdKind.Socket || pair.Stdio.Access == FdAccess.Read) && StreamEnds.IsSpokenToAt(process.WaitsOf(host), pair.Stdio.Target);

    /// <summary>Inherited as it stands: the parent is told of, once.</summary>
    private static bool HasItFromItsParent(ResourceIndex resources, HostProcess process, ImmutableArray<StdioDuplicates> pairs) =>
        resources.ParentOf(process) is { } parent
        && StdioDuplicates.Of(resources, parent.Record) is { IsEmpty: false } above
        && pairs.All(pair => above.Any(other => other.Stdio.Target == pair.Stdio.Target));

    private Finding Tell(Evidence evidence, int process, ImmutableArray<StdioDuplicates> pairs)
    {
        ProcessRecord record = evidence.Resources[process];
        string who = Narrator.Name(record);
        string listed = Narrator.Listing(pairs.Select(pair => $"fd {pair.Stdio.Number} again at {Narrator.Listing(pair.Duplicates.Select(fd => $"fd {fd.Number}"))} ({pair.Stdio.Target.Text})"));
        ImmutableArray<Culprit> culprits = [.. pairs.SelectMany(pair => pair.Duplicates).Select(fd => new Culprit(
            record.Pid, fd.Number, fd.Target.Text, $"Close fd {fd.Number} when it is no longer needed, before anybody waits for the end of {fd.Target.Text}."))];
        Finding finding = new FindingBuilder(evidence).Build(
            Info, Confidence.Proven,
            new Verdict($"{who} holds duplicates of its own stdio: {listed}.", culprits),
            [process], [(process, ParticipantRole.Hazard)], [process]);
        return FindingBuilder.Complete(finding with
        {
            Explanation =
            [
                $"{who} has {listed}.",
                "Nothing hangs yet. Whoever waits for the end of one of them will wait until all of its fds are closed, not only the stdio one.",
            ],
        });
    }
}
