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
/// What the child waits for may also be held by a third that waits for the parent.
/// </summary>
internal sealed class ChildNeverExits : IncidentRule
{
    public override RuleInfo Info { get; } = new("child-never-exits", FindingClass.Deadlock,
        "A parent waits for its child to exit, and the child can never run again: it waits for the parent, or is stuck by itself.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        // A wait inside the core first: there the parent itself is what the child waits for.
        foreach (IncidentEdge edge in incident.Edges.Where(edge => edge is { IsKinship: false, Part.Kind: WaitKind.ChildWait }).OrderByDescending(edge => incident.Core.Contains(edge.From)))
        {
            foreach (int child in edge.To.Select(waker => waker.Node).Where(incident.Core.Contains))
            {
                // A parent upstream waits for a child that is stuck by itself; where others are, theirs is the story.
                if (!incident.Core.Contains(edge.From) && incident.Core.Count > 1)
                    continue;
                IncidentEdge? back = incident.Edges
                    .Where(other => other.From == child && !other.IsKinship && other.To.Any(waker => waker.Node != child))
                    .OrderByDescending(other => other.To.Any(waker => waker.Node == edge.From))
                    .FirstOrDefault();
                return Tell(narrator, edge.From, child, back);
            }
        }
        return null;
    }

    private static Verdict Tell(Narrator narrator, int parent, int child, IncidentEdge? back)
    {
        string waiter = narrator.Name(parent), waited = narrator.Name(child);
        ImmutableArray<Waker> holders = back is null ? [] : [.. back.To.Where(waker => waker.Node != child && waker.Fd is not null).OrderByDescending(waker => waker.Node == parent)];
        if (holders.IsEmpty)
        {
            return new Verdict(
                $"{waiter} waits for its child {waited} to exit, and {waited} can never run again.",
                [new Culprit(child, null, $"child:{child}", $"It ends when {waited} exits.")])
            { NamesFault = false };
        }
        string resource = back!.Part.Resource ?? "?";
        string who = Narrator.Listing(holders.Select(holder => $"{narrator.Name(holder.Node)} (fd {holder.Fd})"));
        string letGo = holders[0].Node == parent && holders.Length == 1
            ? $"It ends when {waiter} closes fd {holders[0].Fd} before it waits for {waited}."
            : $"It ends when {resource} is let go of by {who}.";
        return new Verdict(
            $"{waiter} waits for its child {waited} to exit, and {waited} waits for {who} to let go of {resource}.",
            [.. holders.Select(holder => new Culprit(holder.Node, holder.Fd, resource, letGo))])
        {
            // A supervisor that ends its idle workers when it is told to stands the same way.
            NamesFault = false,
        };
    }
}
