using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process sleeps until the child that it made with vfork(2) has exec'd or exited, and the child waits for it, or can never run again for a
/// reason of its own.
/// <code>
/// parent  in vfork, until child execs
/// child   reads a            a: parent/5w child/4r
/// </code>
/// </summary>
internal sealed class VforkStuck : IncidentRule
{
    public override RuleInfo Info { get; } = new("vfork-stuck", FindingClass.Deadlock,
        "A parent cannot go on before its vfork child has exec'd or exited, and the child waits for the parent, or is stuck by itself.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        foreach (IncidentEdge edge in incident.Edges.Where(edge => edge is { IsKinship: false, Part.Kind: WaitKind.Vfork }))
        {
            foreach (int child in edge.To.Select(waker => waker.Node).Where(incident.Core.Contains))
            {
                string parent = narrator.Name(edge.From), who = narrator.Name(child);
                IncidentEdge? back = incident.Edges.FirstOrDefault(other => other.From == child && other.To.Any(waker => waker.Node == edge.From));
                string waits = back is null ? "can never run again" : $"waits for {parent}";
                return new Verdict(
                    $"{parent} cannot go on before its vfork child {who} has exec'd or exited, and {who} {waits}.",
                    [new Culprit(child, null, $"child:{child}", $"It ends when {who} execs or exits: until then it has its parent's memory, and may wait for nothing that the parent is to do.")]);
            }
        }
        return null;
    }
}
