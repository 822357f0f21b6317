using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A parent waits for its child to exit, and the child waits for the parent, or can never run again for a reason of its own.
/// <code>
/// parent  waits for child to exit
/// child   reads a            a: parent/5w child/0r
/// </code>
/// </summary>
internal sealed class ChildNeverExits : IncidentRule
{
    public override RuleInfo Info { get; } = new("child-never-exits", FindingClass.Deadlock,
        "A parent waits for its child to exit, and the child can never run again: it waits for the parent, or is stuck by itself.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        // A wait inside the core first: there the parent itself is what the child waits for.
        foreach (IncidentEdge edge in incident.Edges.Where(edge => edge is { IsKinship: false, Part.Kind: WaitKind.ChildWait }).OrderByDescending(edge => incident.Core.Contains(edge.From)))
        {
            foreach (int child in edge.To.Select(waker => waker.Node).Where(incident.Core.Contains))
            {
                // A child that waits for a process beyond its parent, or for more than its parent, is a longer story than this rule tells.
                IncidentEdge? back = incident.Edges.FirstOrDefault(other => other.From == child && other.To.Any(waker => waker.Node == edge.From));
                if (back is null ? incident.Core.Count > 1 : back.To.Any(waker => waker.Node != edge.From))
                    continue;
                return Tell(resources, edge.From, child, back);
            }
        }
        return null;
    }

    private static Verdict Tell(ResourceIndex resources, int parent, int child, IncidentEdge? back)
    {
        string waiter = Narrator.Name(resources[parent]), waited = Narrator.Name(resources[child]);
        if (back?.To.FirstOrDefault(waker => waker.Node == parent) is { Fd: { } fd })
        {
            string remedy = $"It ends when {waiter} closes fd {fd} before it waits for {waited}.";
            return new Verdict(
                $"{waiter} waits for its child {waited} to exit, and {waited} waits for {waiter} to let go of {back.Part.Resource} at fd {fd}.",
                [new Culprit(resources[parent].Pid, fd, back.Part.Resource ?? $"fd {fd}", remedy)]);
        }
        return new Verdict(
            $"{waiter} waits for its child {waited} to exit, and {waited} can never run again.",
            [new Culprit(resources[child].Pid, null, $"child:{resources[child].Pid}", $"It ends when {waited} exits.")]) { RestsOnStillness = true };
    }
}
