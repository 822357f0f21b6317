using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// Threads take the same locks in different orders.
/// <code>
/// one  has a, waits for b
/// two  has b, waits for a
/// </code>
/// </summary>
internal sealed class LockOrderCycle : IncidentRule
{
    public override RuleInfo Info => Told;

    internal static RuleInfo Told { get; } = new("lock-order-cycle", FindingClass.Deadlock,
        "Threads, of one process or of several, each have the lock, in memory or on a file, that another of them waits for.");

    public override Verdict? Judge(Incident incident, Narrator narrator) => LockStory.Of(incident, LockFaultKind.OrderCycle);
}
