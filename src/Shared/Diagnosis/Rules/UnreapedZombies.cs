using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// Children that have exited and that their parent has not waited for: for longer than a grace time, or many of them for some seconds.
/// </summary>
internal sealed class UnreapedZombies : EvidenceRule
{
    public override RuleInfo Info { get; } = new("unreaped-zombies", FindingClass.Zombie,
        "A parent does not wait for its children that have exited: one of them for more than 30 s, or ten of them for 5 s.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        var byParent = evidence.Triage.Zombies
            .Where(zombie => !zombie.IsNew)
            .GroupBy(evidence.Resources.ParentOf, zombie => zombie.Pid);
        foreach (IGrouping<HostProcess?, int> family in byParent)
        {
            if (family.Key is not { } parent || told.Contains(parent.Pid))
                continue;
            ImmutableArray<int> zombies = [.. family];
            if (zombies.Length == 1 && IsAtItsInput(parent.WaitsOf(evidence.Last.Host)))
                continue;
            TimeSpan[] ages = [.. zombies.Select(zombie => AgeOf(evidence, evidence.Resources[zombie]))];
            // A batch that has ended together is collected one after the other.
            TimeSpan batch = evidence.Options.MinimumWait < Batch ? evidence.Options.MinimumWait : Batch;
            if (ages.Count(age => age >= batch) >= evidence.Options.ZombieCount || ages.Max() >= evidence.Options.ZombieGrace)
                yield return Tell(evidence, parent.Pid, zombies);
        }
    }

    /// <summary>Who runs a command for each line that it reads may wait for the last one when the next line has come: there is never more than one (xargs -n 1).</summary>
    private static bool IsAtItsInput(ImmutableArray<Wait> waits) => waits is [{ Kind: WaitKind.PipeRead or WaitKind.SocketRead or WaitKind.Tty, Fd: 0 }];

    private static readonly TimeSpan Batch = TimeSpan.FromSeconds(5);

    /// <summary>How long ago it has exited: as it ran last, or was first seen so.</summary>
    private static TimeSpan AgeOf(Evidence evidence, ProcessRecord zombie)
    {
        TimeSpan since = evidence.Memory.ZombieSince(zombie) is { } seen && seen < evidence.Last.Uptime ? seen : evidence.Last.Uptime;
        return evidence.Last.Uptime - (zombie.ExitedAt is { } exited && exited < since ? exited : since);
    }

    private Finding Tell(Evidence evidence, int parent, ImmutableArray<int> zombies)
    {
        ResourceIndex resources = evidence.Resources;
        string who = Narrator.Name(resources[parent]);
        string children = zombies.Length == 1 ? "a child that has exited" : $"{zombies.Length} children that have exited";
        string remedy = $"It ends when {who} waits for its children, or exits: then they are reaped by whoever adopts them.";
        Finding finding = new FindingBuilder(evidence).Build(
            Info, Confidence.Proven,
            new Verdict($"{who} has not waited for {children}.", [new Culprit(resources[parent].Pid, null, $"child:{resources[zombies[0]].Pid}", remedy)]),
            [parent],
            [(parent, ParticipantRole.Holder), .. zombies.Take(FindingBuilder.MaxEntries).Select(zombie => (zombie, ParticipantRole.Zombie))],
            zombies);
        return FindingBuilder.Complete(finding with
        {
            Explanation = [$"{(zombies.Length == 1 ? "That is" : "Those are")} {Narrator.Listing(zombies.Select(zombie => Narrator.Name(resources[zombie])))}.", remedy],
        });
    }
}
