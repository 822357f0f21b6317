using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A thread locks what it has locked already: a mutex that is not recursive, a read-write lock that it reads and wants to write, a lock that the
/// code has which its signal handler interrupted.
/// <code>
/// main  has m, waits for m
/// </code>
/// </summary>
internal sealed class SelfDeadlock : IncidentRule
{
    public override RuleInfo Info => Told;

    internal static RuleInfo Told { get; } = new("self-deadlock", FindingClass.Deadlock,
        "A thread waits for a lock that it has itself.");

    public override Verdict? Judge(Incident incident, Narrator narrator) => LockStory.Of(incident, LockFaultKind.OwnLock);
}
