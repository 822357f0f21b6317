using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process waits for somebody to add to an eventfd, or, where it is full, to read it, and nobody who has it ever will: it alone has it, or the others wait as well.
/// <code>
/// left   reads e             e: left/3 right/3
/// right  reads f             f: left/4 right/4
/// </code>
/// </summary>
internal sealed class EventfdNoPeer : IncidentRule
{
    public override RuleInfo Info { get; } = new("eventfd-no-peer", FindingClass.Deadlock,
        "A process waits on an eventfd that only it has open, or only processes that are stuck with it.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        IncidentEdge? edge = incident.Edges.FirstOrDefault(edge =>
            edge is { IsKinship: false, Part.Kind: WaitKind.EventFd } && incident.Core.Contains(edge.From) && !Bell.Is(incident.Evidence.Resources, incident.Evidence.Resources.Find(edge.From)!, edge.Whole)
            && (edge.Whole.Kind == WaitKind.EventFd || edge.Whole.Members.All(member => member.Kind == WaitKind.EventFd)));
        if (edge is null)
            return null;
        ResourceIndex resources = incident.Evidence.Resources;
        HostProcess process = resources.Find(edge.From)!;
        string who = narrator.Name(edge.From);
        ulong eventFd = edge.Part.Target!.Id;
        (string adds, string add) = edge.Part.WaitsForRoom ? ("reads", "read") : ("adds to", "add to");
        string waits = edge.Part.WaitsForRoom ? $"{who} waits for room in eventfd {eventFd}" : $"{who} waits on eventfd {eventFd}";
        Waker[] others = [.. edge.To.Where(waker => waker.Node != edge.From)];
        if (others.Length == 0)
        {
            return new Verdict(
                $"{waits}, which nobody else has open, and none of its own threads will {add} it.",
                [new Culprit(edge.From, edge.Part.Fd, Resource(eventFd), $"It ends when something {adds} eventfd {eventFd} (fd {edge.Part.Fd}) of {who}: whoever was to do that is gone, or never got it.")])
            {
                // A handler might add to it, but for one of its runtime in a program that waits for nothing else.
                NamesFault = NotByDesign.ReadsFromItself(resources, process, process.WaitsOf(incident.Evidence.Last.Host), guess: false),
            };
        }
        ImmutableArray<Culprit> culprits = [.. others.Select(waker => new Culprit(
            waker.Node, waker.Fd, Resource(eventFd), $"It ends when {narrator.Name(waker.Node)} {adds} eventfd {eventFd} ({edge.FdsOf(waker.Node)}), for which {who} waits."))];
        return new Verdict(
            $"{waits}, which only {Narrator.Listing(others.Select(waker => narrator.Name(waker.Node)).Distinct())} could {add}, and {(others.DistinctBy(waker => waker.Node).Count() == 1 ? "that is" : "those are")} stuck as well.",
            culprits)
        { NamesFault = false };
    }

    private static string Resource(ulong eventFd) => $"eventfd:[{eventFd}]";
}
