using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

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
        // What is named in a stuck set may be named in a process that lives on as well.
        .. DeadlockRules.Select(rule => rule.Info).Concat(EvidenceRules.Select(rule => rule.Info)).DistinctBy(rule => rule.Name),
    ];

    /// <summary>Tried in order on each incident: the first that fits names it, the others become notes.</summary>
    internal static ImmutableArray<IncidentRule> DeadlockRules =>
    [
        // Nothing else explains a parent that stands still in vfork.
        new VforkStuck(),
        // A child that was forked with a lock that nobody in it will ever unlock: whatever else it holds, it holds for ever.
        new ForkWhileLocked(),
        // Nobody is at the other end yet, whoever holds what.
        new NeverAccepted(),
        // Somebody holds what a reader waits to be closed.
        new EofHeldByDuplicate(),
        new JobserverStarved(),
        new EofHeldBySibling(),
        new EofHeldBySelf(),
        // What a runtime asks of a filter.
        new FilterAwaitsItsInput(FdKind.Pipe),
        new FilterAwaitsItsInput(FdKind.Socket),
        // Each waits for the other.
        new PipeFullCycle(),
        new SocketFullCycle(),
        new TerminalFullCycle(),
        new PipeReadCycle(mixed: false),
        new EventfdNoPeer(),
        new SocketMutualRead(),
        new FilterAwaitsItsInput(FdKind.Path),
        new IpcCycle(),
        // Inside one process.
        new SelfDeadlock(),
        new LockOrderCycle(),
        new JoinCycle(),
        new LockOwnerGone(),
        // File locks.
        new FileLockCycle(),
        new FileLockHeldByStuck(),
        // Parents and children.
        new MissedChild(),
        new ChildAwaitedByHandler(),
        new StdioDuplicateStuck(),
        new LostWakeup(),
        // Locks that are held while something else is waited for.
        new LockHeldByStuck(),
        new ChildNeverExits(),
        // What idles by its looks, and does not.
        new WorkerReplaced(),
        new LoopsWaitForEachOther(),
        // A ring over both pipes and sockets.
        new PipeReadCycle(mixed: true),
        // What is left.
        new StuckSetRule(),
    ];

    /// <summary>Tried in order; a process that one has told of is not told of again by those after it.</summary>
    internal static ImmutableArray<EvidenceRule> EvidenceRules =>
    [
        // Locks in processes that live on.
        new LockFaultInALivingProcess(LockFaultKind.OwnLock),
        new LockFaultInALivingProcess(LockFaultKind.OrderCycle),
        new LockFaultInALivingProcess(LockFaultKind.JoinCycle),
        new LockFaultInALivingProcess(LockFaultKind.OwnerGone),
        // Stalls.
        new EofHeldByOrphan(),
        new EofHeldByUnrelated(),
        new LockHeldByOrphan(),
        new RetryWithoutProgress(),
        new WaitingForStoppedChild(),
        new NotAcceptedYet(),
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
    /// <inheritdoc/>
    public override string ToString() => Summary;

    public Verdict(string summary, ImmutableArray<Culprit> culprits) : this(summary, culprits, []) { }

    /// <summary>Sentences of the explanation that only this rule can say: which thread has what.</summary>
    public ImmutableArray<string> Sentences { get; init; } = [];

    /// <summary>Who waits for the end of which children, where no call shows it: they are part of the story, and of its shape.</summary>
    public ImmutableArray<IncidentEdge> Awaited { get; init; } = [];

    /// <summary>Why it is no proof, beyond what the graph says.</summary>
    public ImmutableArray<string> Doubts { get; init; } = [];

    /// <summary>False where all that was seen is that nobody moves: that may also be a program that idles until it is sent a signal.</summary>
    public bool NamesFault { get; init; } = true;

    /// <summary>True where it says why they do not idle, as a set does of which no rule that fits before names a fault.</summary>
    public bool SpeaksAgainstIdling { get; init; }

    /// <summary>True where somebody is likely to be there who could end it, and would.</summary>
    public bool OnlySuspected { get; init; }
}
