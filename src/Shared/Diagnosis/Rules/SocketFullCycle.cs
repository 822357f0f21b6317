using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process sends on a socket that takes no more, and whoever is to read at its other end waits, in the end, for the sender: it sends as well, or waits for the
/// sender to exit.
/// <code>
/// left   sends on s           s's peer: right/4, full
/// right  sends on t           t's peer: left/3, full        (s and t may be the two ends of one connection)
/// </code>
/// </summary>
internal sealed class SocketFullCycle : IncidentRule
{
    public override RuleInfo Info { get; } = new("socket-full-cycle", FindingClass.Deadlock,
        "A process sends on a socket that takes no more, and the process that is to read at its other end waits for the sender and does not read.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        (IncidentEdge Edge, Waker Reader)[] full = [.. incident.Edges
            .Where(edge => edge is { IsKinship: false, Part.Kind: WaitKind.SocketWrite } && resources.Sockets.QueueOf(edge.Part.Target) is null)
            .SelectMany(edge => PipeFullCycle.ReadersOf(incident, edge).Select(waker => (edge, waker)))];
        if (full.Length == 0)
            return null;
        (IncidentEdge first, Waker reader) = full[0];
        string does = full.Any(pair => pair.Edge.From == reader.Node && pair.Reader.Node == first.From) ? "sends as well instead of reading" : "does not read it";
        return new Verdict(
            $"{narrator.Name(first.From)} {(first.Whole.Kind == WaitKind.Poll ? "polls for room on" : "sends on")} {StreamEnds.NameOf(first.Part.Target!)}, which takes no more, and {narrator.Name(reader.Node)}, who has its other end at fd {reader.Fd}, {does}.",
            [.. full.Select(pair => new Culprit(
                pair.Reader.Node, pair.Reader.Fd, resources.ResourceOf(pair.Reader.Node, pair.Reader.Fd!.Value),
                $"It ends when {narrator.Name(pair.Reader.Node)} reads what {narrator.Name(pair.Edge.From)} has sent ({pair.Edge.FdsOf(pair.Reader.Node)}){pair.Edge.OrCloses(pair.Reader.Node)}."))]);
    }
}
