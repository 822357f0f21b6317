using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process waits for somebody to add to an eventfd, or to read one that is full, and nobody who has it ever will: it alone has it, or the others wait as well.
/// <code>
/// left   reads e             e: left/3 right/3
/// right  reads f             f: left/4 right/4
/// </code>
/// </summary>
internal sealed class EventfdNoPeer : IncidentRule
{
    public override RuleInfo Info { get; } = new("eventfd-no-peer", FindingClass.Deadlock,
        "A process waits on an eventfd, for somebody to add to it or to read a full one, that only it has open, or only processes that are stuck with it.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        IncidentEdge? edge = incident.Edges.FirstOrDefault(edge =>
            edge is { IsKinship: false, Part.Kind: WaitKind.EventFd } && incident.Core.Contains(edge.From)
            && (edge.Whole.Kind == WaitKind.EventFd || edge.Whole.Members.All(member => member.Kind == WaitKind.EventFd)));
        if (edge is null)
            return null;
        string who = narrator.Name(edge.From);
        ulong eventFd = edge.Part.Target!.Id;
        // Its count has no end in the one direction, and but one in the other: who adds waits for a reader once it is full.
        bool full = edge.Part.WaitsForRoom;
        string waits = full ? $"{who} waits for room in eventfd {eventFd}, whose count is full" : $"{who} waits on eventfd {eventFd}", does = full ? "reads" : "adds to", could = full ? "read" : "add to";
        Waker[] others = [.. edge.To.Where(waker => waker.Node != edge.From)];
        if (others.Length == 0)
        {
            return new Verdict(
                $"{waits}{(full ? " and" : ",")} which nobody else has open, and none of its own threads will {could} it.",
                [new Culprit(edge.From, edge.Part.Fd, Resource(eventFd), $"It ends when something {does} eventfd {eventFd} (fd {edge.Part.Fd}) of {who}: whoever was to do that is gone, or never got it.")])
            { NamesFault = false };
        }
        ImmutableArray<Culprit> culprits = [.. others.Select(waker => new Culprit(
            waker.Node, waker.Fd, Resource(eventFd), $"It ends when {narrator.Name(waker.Node)} {does} eventfd {eventFd} (fd {waker.Fd}), for which {who} waits."))];
        return new Verdict(
            $"{waits}{(full ? " and" : ",")} which only {Narrator.Listing(others.Select(waker => narrator.Name(waker.Node)).Distinct())} could {could}, and {(others.DistinctBy(waker => waker.Node).Count() == 1 ? "that is" : "those are")} stuck as well.",
            culprits)
        { NamesFault = false };
    }

    private static string Resource(ulong eventFd) => $"eventfd:[{eventFd}]";
}
