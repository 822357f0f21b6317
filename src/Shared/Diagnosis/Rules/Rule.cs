using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>What a rule is called and what it says, for <c>explain --rules</c>.</summary>
/// <param name="Name">Kebab-case.</param>
/// <param name="Class">Class of its findings.</param>
/// <param name="Summary">One sentence: the shape that it recognises.</param>
public sealed record RuleInfo(string Name, FindingClass Class, string Summary);

/// <summary>All rules of this version, the most specific of each class first.</summary>
public static class RuleBook
{
    public static ImmutableArray<RuleInfo> All { get; } =
    [
        .. DeadlockRules.Select(rule => rule.Info),
        .. EvidenceRules.Select(rule => rule.Info),
    ];

    /// <summary>Tried in order on each incident: the first that fits names it, the others become notes.</summary>
    internal static ImmutableArray<IncidentRule> DeadlockRules =>
    [
        // Nothing else explains a parent that stands still in vfork.
        new VforkStuck(),
        // Somebody holds what a reader waits to be closed.
        new EofHeldByDuplicate(),
        new JobserverStarved(),
        new EofHeldBySibling(),
        new EofHeldBySelf(),
        // Each waits for the other.
        new PipeFullCycle(),
        new PipeReadCycle(),
        new EventfdNoPeer(),
        new SocketMutualRead(),
        // Inside one process.
        // File locks.
        new FileLockCycle(),
        new FileLockHeldByStuck(),
        // Parents and children.
        new StdioDuplicateStuck(),
        new ChildNeverExits(),
        // What is left.
        new StuckSetRule(),
    ];

    /// <summary>Tried in order; a process that one has told of is not told of again by those after it.</summary>
    internal static ImmutableArray<EvidenceRule> EvidenceRules =>
    [
        // Stalls.
        new EofHeldByOrphan(),
        new WaitingForStoppedChild(),
        new FifoNoPeer(),
        // Stopped.
        new StoppedRule(byTerminal: true),
        new StoppedRule(byTerminal: false),
        new Traced(),
        new FrozenRule(),
        // Orphans and zombies.
        new OrphanRule(OrphanKind.HoldingPipe),
        new OrphanRule(OrphanKind.Busy),
        new OrphanRule(OrphanKind.Idle),
        new UnreapedZombies(),
        // Hazards.
        new StdioDuplicateHazard(),
        new OwnBothEnds(),
        new LeakedWriteEnd(),
    ];
}

/// <summary>Names a stuck set: who must let go of what.</summary>
internal abstract class IncidentRule
{
    public abstract RuleInfo Info { get; }

    /// <summary>Null where the rule does not fit.</summary>
    public abstract Verdict? Judge(Incident incident, Narrator narrator);
}

/// <summary>Finds what is no stuck set: stalls, orphans, zombies, hazards.</summary>
internal abstract class EvidenceRule
{
    public abstract RuleInfo Info { get; }

    /// <param name="evidence">The two looks.</param>
    /// <param name="told">Pids that earlier rules have told of.</param>
    public abstract IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told);
}

/// <param name="Summary">One sentence.</param>
/// <param name="Culprits">Who must let go of what; empty where no one can be named.</param>
/// <param name="Notes">What else is worth knowing.</param>
internal sealed record Verdict(string Summary, ImmutableArray<Culprit> Culprits, ImmutableArray<string> Notes)
{
    public Verdict(string summary, ImmutableArray<Culprit> culprits) : this(summary, culprits, []) { }

    /// <summary>False where all that was seen is that nobody moves: that may also be a program that idles until it is sent a signal.</summary>
    public bool NamesFault { get; init; } = true;
}
