using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// The processes of a cgroup are frozen: a paused container, or a checkpoint that was never ended. They look as if they slept.
/// <code>
/// member  state S, in the kernel's signal code       cgroup.events: frozen 1
/// </code>
/// </summary>
internal sealed class FrozenRule : EvidenceRule
{
    public override RuleInfo Info { get; } = new("frozen", FindingClass.Stopped, "The processes of a cgroup are frozen.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        var frozen = evidence.Standstill.Halted
            .Where(halted => halted.Halt == Halt.Frozen && !told.Contains(halted.Process.Pid))
            .Select(halted => halted.Process.Record)
            .GroupBy(process => process.Cgroup);
        foreach (var members in frozen.ToList())
            yield return Tell(evidence, members.Key, [.. members]);
    }

    private Finding Tell(Evidence evidence, string? cgroup, ImmutableArray<ProcessRecord> members)
    {
        string names = Narrator.Listing(members.Select(Narrator.Name)), of = cgroup is null ? "its cgroup" : $"cgroup {cgroup}";
        Finding finding = new FindingBuilder(evidence).Build(
            Info, Confidence.Proven,
            new Verdict($"{names} {(members.Length == 1 ? "is" : "are")} frozen with {of}.", []),
            members.Select(process => process.Pid),
            [.. members.Take(FindingBuilder.MaxEntries).Select(process => (process.Pid, ParticipantRole.Stopped))],
            members.Select(process => process.Pid));
        return FindingBuilder.Complete(finding with
        {
            Explanation = [$"{of} is frozen, and {names} with it: they run no more until it is thawed.", "It ends when somebody thaws it: echo 0 > cgroup.freeze in its directory, or `unpause` of the container."],
        });
    }
}
