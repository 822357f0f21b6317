using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A thread joins one that waits for it.
/// <code>
/// main    has m, joins worker
/// worker  waits for m
/// </code>
/// </summary>
internal sealed class JoinCycle : IncidentRule
{
    public override RuleInfo Info => Told;

    internal static RuleInfo Told { get; } = new("join-cycle", FindingClass.Deadlock,
        "A thread waits for another to end, which waits for the first: to end as well, or to unlock what it has.");

    public override Verdict? Judge(Incident incident, Narrator narrator) => LockStory.Of(incident, LockFaultKind.JoinCycle);
}
