using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// Two or more processes in a ring: each reads a pipe into which the next is to write, and the next reads first.
/// <code>
/// left   reads a             a: right/4w left/3r
/// right  reads b             b: left/4w right/3r
/// </code>
/// One of them may read its terminal instead, to which another would have to type; or a socket, over which another would have to send, where nothing that is said of sockets alone fits.
/// </summary>
/// <param name="mixed">Whether it is a ring over sockets as well as pipes, or terminals.</param>
internal sealed class PipeReadCycle(bool mixed) : IncidentRule
{
    public override RuleInfo Info => Told;

    internal static RuleInfo Told { get; } = new("pipe-read-cycle", FindingClass.Deadlock,
        "Processes in a ring: each reads a pipe into which only another of them can write, and none writes.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        IncidentEdge[] ring = [.. incident.Edges.Where(edge => !edge.IsKinship && !edge.IsAside && incident.Core.Contains(edge.From) && edge.To.Any(waker => waker.Node != edge.From))];
        int sockets = ring.Count(edge => IsOverSocket(incident, edge));
        // Of FIFOs alone it is a talk, see IpcCycle.
        if (incident.Core.Count < 2 || (mixed ? sockets == 0 || sockets == ring.Length : !ring.Any(edge => edge.Part is { Target.Kind: FdKind.Pipe }))
            || !ring.All(edge => (edge.Part is { Kind: WaitKind.PipeRead } or { Kind: WaitKind.Tty, WaitsForRoom: false } || IsOverSocket(incident, edge)) && edge.To.Any(waker => waker.Node != edge.From && incident.Core.Contains(waker.Node)))
            || !incident.Core.All(member => ring.Any(edge => edge.From == member)))
        {
            return null;
        }
        // In the order of the story.
        ILookup<int, IncidentEdge> of = ring.ToLookup(edge => edge.From);
        int[] order = [.. Narrator.InOrder(incident).Where(incident.Core.Contains)];
        IncidentEdge[] unread = [.. order.SelectMany(reader => of[reader]).Where(edge => LeftUnread.Is(incident.Evidence.Resources, edge))];
        ImmutableArray<Culprit> culprits =
        [
            .. unread.Select(edge => LeftUnread.CulpritOf(narrator, edge)),
            .. order.SelectMany(reader => of[reader].Where(edge => !LeftUnread.Is(incident.Evidence.Resources, edge)).SelectMany(edge => edge.To
                    .Where(waker => waker.Node != reader)
                    .Select(waker => (Edge: edge, Waker: waker))))
                // A filter does its part by reading: it is for whoever started it to close its input, or to write more.
                .OrderByDescending(pair => IsInputOfAFilter(incident, pair.Edge, pair.Waker))
                .Select(pair => CulpritOf(incident, narrator, pair.Edge, pair.Waker)),
        ];
        bool lettingGo = ring.Any(edge => edge.Part.OnlyForTheEnd) || order.Any(reader => of[reader].Any(edge => edge.To.Any(waker => IsInputOfAFilter(incident, edge, waker))));
        string hops = string.Join(", ", order.Select(reader => unread.FirstOrDefault(edge => edge.From == reader) is { } left
            ? $"{narrator.Name(reader)} waits for more in {StreamEnds.NameOf(left.Part.Target!)} than lies there unread"
            : of[reader].All(edge => edge.Part.OnlyForTheEnd)
            ? $"{narrator.Name(reader)} waits for the end of what {Narrator.Listing(Writers(of[reader], reader).Select(narrator.Name))} {(Writers(of[reader], reader).Count() == 1 ? "has" : "have")} open"
            : $"{narrator.Name(reader)} reads what {Narrator.Listing(Writers(of[reader], reader).Select(narrator.Name))} should write"));
        return new Verdict($"{(order.Length <= 4 ? hops : $"{order.Length} processes read what others of them should write")}: none of them writes first{(lettingGo ? ", or lets go" : "")}.", culprits)
        {
            // A supervisor and its idle workers stand the same way.
            NamesFault = false,
        };
    }

    private static Culprit CulpritOf(Incident incident, Narrator narrator, IncidentEdge edge, Waker waker) => edge.Part.Kind == WaitKind.SocketRead
        ? SocketMutualRead.CulpritOf(incident, narrator, edge, waker)
        // It polls to be told that it is over (POLLHUP): a word is nothing to it.
        : edge.Part.OnlyForTheEnd
        ? new Culprit(waker.Node, waker.Fd, edge.Part.Target!.Text, $"It ends when {narrator.Name(waker.Node)} closes {edge.FdsOf(waker.Node)}, for the end of which {narrator.Name(edge.From)} waits{narrator.OthersLetGo(edge, waker.Node)}.")
        : IsInputOfAFilter(incident, edge, waker) && edge.OrCloses(waker.Node).Length > 0
        ? new Culprit(waker.Node, waker.Fd, edge.Part.Target!.Text, $"It ends when {narrator.Name(waker.Node)} closes {edge.FdsOf(waker.Node)}, the input of {narrator.Name(edge.From)}, or writes more to it.")
        : new(waker.Node, waker.Fd, edge.Part.Target!.Text,
            $"It ends when {narrator.Name(waker.Node)} writes to {(edge.Part.Kind == WaitKind.Tty ? "the other side of " : "")}{edge.Part.Target.Text} ({edge.FdsOf(waker.Node)}), which {narrator.Name(edge.From)} reads{edge.OrCloses(waker.Node)}.");

    private bool IsOverSocket(Incident incident, IncidentEdge edge) =>
        mixed && edge.Part.Kind == WaitKind.SocketRead && StreamEnds.IsRead(edge.Part) && !NeverAccepted.IsAtListener(incident.Evidence.Resources, edge.Part);

    /// <summary>Whether a process below reads there at its stdin.</summary>
    private static bool IsInputOfAFilter(Incident incident, IncidentEdge edge, Waker waker) => edge.Part is { Kind: WaitKind.PipeRead or WaitKind.SocketRead, Fd: 0 }
        && incident.Evidence.Resources.IsDescendant(incident.Evidence.Resources.Find(edge.From)!, incident.Evidence.Resources.Find(waker.Node)!);

    private static IEnumerable<int> Writers(IEnumerable<IncidentEdge> edges, int reader) =>
        edges.SelectMany(edge => edge.To).Select(waker => waker.Node).Where(node => node != reader).Distinct();
}
