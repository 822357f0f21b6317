using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>What no other rule names: processes that wait only for each other.</summary>
internal sealed class StuckSetRule : IncidentRule
{
    public override RuleInfo Info { get; } = new("stuck-set", FindingClass.Deadlock,
        "Processes that only processes of the same set could wake, in a shape that no other rule names.");

    public override Verdict Judge(Incident incident, Narrator narrator)
    {
        int[] core = [.. incident.Core.Order()];
        return new Verdict(core.Length == 1
            ? $"{narrator.Name(core[0])} waits for what only it could do itself."
            : $"{Narrator.Listing(core.Select(narrator.Name))} wait only for each other.", []) { NamesFault = false };
    }
}
