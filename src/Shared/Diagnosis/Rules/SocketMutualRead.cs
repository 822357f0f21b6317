using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// Processes that each wait for data on a socket whose other end the next of them holds: nobody says the first word, or each believes that it is the other's turn.
/// <code>
/// client  reads s            s's peer: server/4
/// server  reads t            t's peer: client/3        (t and s may be the two ends of one connection)
/// </code>
/// A supervisor and its idle workers look alike where one of them may be waiting for a signal: then nothing is told.
/// </summary>
internal sealed class SocketMutualRead : IncidentRule
{
    public override RuleInfo Info => Told;

    internal static RuleInfo Told { get; } = new("socket-mutual-read", FindingClass.Deadlock,
        "Two or more processes each wait for data on sockets whose other ends the others hold: nobody sends.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        HashSet<int> readers = [.. incident.Core];
        ImmutableArray<IncidentEdge> edges = ReadsAmong(incident, readers);
        // Who waits for nobody of them is no part of the conversation.
        while (readers.RemoveWhere(reader => !edges.Any(edge => edge.From == reader)) > 0)
            edges = ReadsAmong(incident, readers);
        if (readers.Count < 2)
            return null;

        ResourceIndex resources = incident.Evidence.Resources;
        ImmutableArray<Culprit> culprits = [.. edges
            .SelectMany(edge => edge.To.Where(waker => waker.Node != edge.From && readers.Contains(waker.Node)).Select(waker => (Edge: edge, Waker: waker)))
            .DistinctBy(pair => pair.Waker)
            .OrderBy(pair => pair.Waker.Node).ThenBy(pair => pair.Waker.Fd)
            .Select(pair => new Culprit(
                pair.Waker.Node, pair.Waker.Fd, resources.ResourceOf(pair.Waker.Node, pair.Waker.Fd!.Value),
                $"It ends when {narrator.Name(pair.Waker.Node)} sends {narrator.Name(pair.Edge.From)} what that waits for, or closes fd {pair.Waker.Fd}."))];
        return new Verdict(
            $"{Narrator.Listing(readers.Order().Select(narrator.Name))} each wait for data from {(readers.Count == 2 ? "the other" : "one of the others")} over a socket, and nobody sends.",
            culprits) { NamesFault = false };
    }

    private static ImmutableArray<IncidentEdge> ReadsAmong(Incident incident, HashSet<int> readers) => [.. incident.Edges.Where(edge =>
        edge is { IsKinship: false, Part.Kind: WaitKind.SocketRead } && !NeverAccepted.IsAtListener(incident.Evidence.Resources, edge.Part)
        && readers.Contains(edge.From) && edge.To.Any(waker => waker.Node != edge.From && readers.Contains(waker.Node)))];

    /// <summary>Whether the holder of the other end reads there itself: then both speak with each other, and nobody waits for the end.</summary>
    public static bool IsConversation(Incident incident, IncidentEdge edge, int holder) =>
        edge.Part.Kind == WaitKind.SocketRead && incident.Edges.Any(back => back.From == holder && back.Part.Kind == WaitKind.SocketRead
            && edge.To.Any(waker => waker.Node == holder && incident.Evidence.Resources.ResourceOf(holder, waker.Fd!.Value) == back.Part.Target!.Text));
}
