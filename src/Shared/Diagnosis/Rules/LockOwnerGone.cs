using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A thread has exited, or a process has died, with a lock that is not robust.
/// <code>
/// main    waits for m        m: thread 4712, which has exited
/// </code>
/// </summary>
internal sealed class LockOwnerGone : IncidentRule
{
    public override RuleInfo Info => Told;

    internal static RuleInfo Told { get; } = new("lock-owner-gone", FindingClass.Deadlock,
        "A thread waits for a lock whose owner has exited without unlocking it.");

    public override Verdict? Judge(Incident incident, Narrator narrator) => LockStory.Of(incident, LockFaultKind.OwnerGone);
}
