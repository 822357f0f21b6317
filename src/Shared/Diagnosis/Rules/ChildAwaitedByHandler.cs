using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// <see cref="ChildNeverExits"/>, where no call shows whom the parent waits for: a runtime waits for children in a handler of SIGCHLD, and all that its threads wait for they
/// would have to do themselves.
/// <code>
/// parent  waits on futexes, or polls its own eventfd; catches SIGCHLD
/// child   reads a            a: parent/5w child/0r
/// </code>
/// </summary>
internal sealed class ChildAwaitedByHandler : IncidentRule
{
    public override RuleInfo Info => ChildNeverExits.Told;

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        if (!incident.HasStoodStill)
            return null;
        ResourceIndex resources = incident.Evidence.Resources;
        foreach (IncidentEdge edge in incident.Edges.Where(edge => !edge.IsKinship && StreamEnds.IsRead(edge.Part)))
        {
            if (edge.To.FirstOrDefault(waker => waker.Node != edge.From && AwaitsChildren(incident, waker.Node)) is { Fd: { } fd, Node: var parent }
                && resources.IsDescendant(resources.Find(edge.From)!, resources.Find(parent)!))
                return Tell(narrator, edge, parent, fd, resources[parent].SignalsCaughtAsChild is null);
        }
        return null;
    }

    private static bool AwaitsChildren(Incident incident, int parent) =>
        incident.Core.Contains(parent) && incident.Evidence.Graph.NodeOf(parent).Waiters.All(waiter => waiter.WaitsOnlyFor(parent))
        && incident.Evidence.Resources.Find(parent) is { } process && NotByDesign.AwaitsChildren(process.Record, process.WaitsOf(incident.Evidence.Last.Host));

    private static Verdict Tell(Narrator narrator, IncidentEdge edge, int parent, int fd, bool mayHaveAsked)
    {
        string waiter = narrator.Name(parent), child = narrator.Name(edge.From), resource = edge.Part.Resource ?? "?";
        return new Verdict(
            $"{waiter} waits for nothing but its own threads and the end of its child {child}, which waits for {waiter} (fd {fd}) to let go of {resource}.",
            [new Culprit(parent, fd, resource, $"It ends when {waiter} closes fd {fd} before it waits for {child}.")])
        {
            Doubts = [$"{waiter} catches signals, as its runtime does in every program, and may be meant to end its child when one comes"],
            // What is to end a program it catches by the runtime's handler or by one that was asked for, and /proc does not tell them apart.
            OnlySuspected = mayHaveAsked,
        };
    }
}
