using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process writes to a pseudoterminal that takes no more, and whoever is to read its other side waits, in the end, for the writer: it waits for it to exit, say. Or it reads there, and gets nothing: then
/// the terminal's output was stopped (Ctrl-S, tcflow(3)).
/// <code>
/// parent  waits for child to exit      master: parent/3
/// child   writes to /dev/pts/5         full
/// </code>
/// </summary>
internal sealed class TerminalFullCycle : IncidentRule
{
    public override RuleInfo Info { get; } = new("terminal-full-cycle", FindingClass.Deadlock,
        "A process writes to a pseudoterminal that takes no more, and the process that is to read its other side waits for the writer and does not read.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        (IncidentEdge Edge, Waker Reader)[] full =
        [
            .. incident.Edges
                .Where(edge => edge is { IsKinship: false, Part: { Kind: WaitKind.Tty, WaitsForRoom: true } })
                .SelectMany(edge => PipeFullCycle.ReadersOf(incident, edge).Select(waker => (edge, waker))),
        ];
        if (full.Length == 0)
            return null;
        (IncidentEdge first, Waker reader) = full[0];
        ResourceIndex resources = incident.Evidence.Resources;
        if (incident.Edges.Any(edge => edge.From == reader.Node && edge.Part.Fd == reader.Fd && WakerFinder.IsMasterRead(edge.Part)))
        {
            string terminal = first.Part.Target!.Text;
            return new Verdict(
                $"{narrator.Name(first.From)} writes to the terminal {terminal}, whose output is stopped: {narrator.Name(reader.Node)} reads its other side at fd {reader.Fd}, and gets nothing.",
                [new Culprit(reader.Node, reader.Fd, resources.ResourceOf(reader.Node, reader.Fd!.Value), $"It ends when {narrator.Name(reader.Node)} writes Ctrl-Q (XON) to fd {reader.Fd}, or somebody continues the output of {terminal} (tcflow(3), TCOON).")]);
        }
        return new Verdict(
            $"{narrator.Name(first.From)} writes to the terminal {first.Part.Target!.Text}, which takes no more, and {narrator.Name(reader.Node)}, who has its other side at fd {reader.Fd}, does not read it.",
            [.. full.Select(pair => new Culprit(
                pair.Reader.Node, pair.Reader.Fd, resources.ResourceOf(pair.Reader.Node, pair.Reader.Fd!.Value),
                $"It ends when {narrator.Name(pair.Reader.Node)} reads what {narrator.Name(pair.Edge.From)} has written ({pair.Edge.FdsOf(pair.Reader.Node)}){pair.Edge.OrCloses(pair.Reader.Node)}."))]);
    }
}
