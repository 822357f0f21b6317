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
/// A supervisor and its idle workers look alike where one of them may be waiting for a signal: then nothing is told. Two of them in runtimes (Node, Go), whose handlers say nothing and
/// whose timers show, are told once they have stood still; and so is one in which threads of its own have both ends.
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
        ResourceIndex resources = incident.Evidence.Resources;
        if (readers.Count < 2)
            return incident.Core.Count == 1 && resources.Find(incident.Core.Single()) is { } alone && NotByDesign.SpeaksToItself(resources, alone)
                ? Between(incident, narrator, TellOne(incident, narrator, alone)) : null;
        // Where two speak over one socket, and one of them hears others besides, the end of those leaves it where it is.
        IncidentEdge[] talks = [.. edges.Where(edge => edge.To.Any(waker => readers.Contains(waker.Node) && IsConversation(incident, edge, waker.Node)))];
        IncidentEdge[] unread = [.. edges.Where(edge => LeftUnread.Is(resources, edge)).OrderBy(edge => edge.From)];
        ImmutableArray<Culprit> culprits = [.. unread.Select(edge => LeftUnread.CulpritOf(narrator, edge)), .. edges.Where(edge => !unread.Contains(edge)).Where(edge => talks.Length == 0 || talks.Contains(edge) || !talks.Any(talk => talk.From == edge.From && talk.Tid == edge.Tid))
            .SelectMany(edge => edge.To.Where(waker => waker.Node != edge.From && readers.Contains(waker.Node)).Select(waker => (Edge: edge, Waker: waker)))
            .DistinctBy(pair => pair.Waker)
            .OrderBy(pair => pair.Waker.Node).ThenBy(pair => pair.Waker.Fd)
            .Select(pair => CulpritOf(incident, narrator, pair.Edge, pair.Waker)), .. OfOthers(incident, narrator, readers)];
        var verdict = new Verdict(
            $"{Narrator.Listing(readers.Order().Select(narrator.Name))} each wait for data from {(readers.Count == 2 ? "the other" : "one of the others")} over a socket, and {WhatIsNotDone(narrator, unread, edges.FirstOrDefault(edge => edge.Part.WantsAll))}.",
            culprits) { NamesFault = false };
        // A pool has several workers; and idles.
        return readers.Count == 2 && incident.Core.Count == 2 ? Between(incident, narrator, verdict) : verdict;
    }

    /// <summary>Who has sent did his part, where the other was told of it once and has not read it; and where one takes no less than it asks for, a part of that may have been sent.</summary>
    private static string WhatIsNotDone(Narrator narrator, IncidentEdge[] unread, IncidentEdge? all) => unread.Length == 0
        ? all is null ? "nobody sends" : $"nobody sends all that {narrator.Name(all.From)} asks for at once (MSG_WAITALL)"
        : string.Join(", and ", unread.Select(edge => $"{narrator.Name(edge.From)} for more in {StreamEnds.NameOf(edge.Part.Target!)} than lies there unread"));

    internal static Culprit CulpritOf(Incident incident, Narrator narrator, IncidentEdge edge, Waker waker) => new(
        waker.Node, waker.Fd, incident.Evidence.Resources.ResourceOf(waker.Node, waker.Fd!.Value),
        $"It ends when {narrator.Name(waker.Node)} sends {narrator.Name(edge.From)} what that waits for{edge.OrCloses(waker.Node, $"fd {waker.Fd}")}.");

    /// <summary>One who takes no part in the conversation may have the input of one who does: a script that waits for a client whose standard input it holds.</summary>
    private static IEnumerable<Culprit> OfOthers(Incident incident, Narrator narrator, HashSet<int> readers) =>
        from edge in incident.Edges
        where edge is { IsKinship: false, Part: { Kind: WaitKind.PipeRead, Target: not null } } && readers.Contains(edge.From)
        from holder in edge.Holders.Where(holder => incident.Core.Contains(holder) && !readers.Contains(holder)).Order()
        select new Culprit(
            holder, edge.To.First(waker => waker.Node == holder).Fd, edge.Part.Target!.Text,
            $"It ends when {narrator.Name(holder)} writes to {StreamEnds.NameOf(edge.Part.Target!)}, which {narrator.Name(edge.From)} reads as well, or closes {edge.FdsOf(holder)}{narrator.OthersLetGo(edge, holder)}.");

    /// <summary>
    /// What runtimes do by themselves is left aside, and no timer is seen to be set: that nobody sends is a fault, if to wait for a signal is not the design. Runtimes both: what one has left behind may be an orphan
    /// that holds off the end of what the other reads.
    /// </summary>
    private static Verdict Between(Incident incident, Narrator narrator, Verdict verdict)
    {
        ImmutableArray<(int Pid, WaitNode Node)> core = [.. incident.Core.Order().Select(pid => (pid, incident.Evidence.Graph.NodeOf(pid)))];
        ImmutableArray<(int Pid, WaitNode Node)> signalled = [.. core.Where(member => member.Node.MayWaitForSignal)];
        // Where everything counts and no handler is in the way, it is proven as it is.
        if (incident.Evidence.Counting != Counting.Likely && signalled.IsEmpty && !incident.HasUnseenHandlers || !incident.HasStoodStill || !core.All(member => member.Node.CatchesForItsRuntime))
            return verdict;
        return verdict with
        {
            NamesFault = true,
            OnlySuspected = !signalled.IsEmpty,
            Doubts = [.. signalled.Select(member => $"{narrator.Name(member.Pid)} catches signals, as its runtime does in every program, and to wait for one may be its design")],
        };
    }

    private static Verdict TellOne(Incident incident, Narrator narrator, HostProcess process)
    {
        string who = narrator.Name(process.Pid);
        ImmutableArray<Culprit> culprits = [.. incident.Edges
            .Where(edge => edge is { IsKinship: false, Part.Kind: WaitKind.SocketRead })
            .SelectMany(edge => edge.To.Where(waker => waker.Node == process.Pid && waker.Fd is not null))
            .DistinctBy(waker => waker.Fd).OrderBy(waker => waker.Fd)
            .Select(waker => new Culprit(process.Pid, waker.Fd, incident.Evidence.Resources.ResourceOf(process.Pid, waker.Fd!.Value), Remedy(incident.Edges.First(edge => edge.Part.Kind == WaitKind.SocketRead && edge.To.Contains(waker)))))];
        string Remedy(IncidentEdge edge) => $"It ends when {who} sends at {edge.FdsOf(process.Pid)} what it waits for at the other end, or closes {edge.FdsOf(process.Pid)}.";
        return new Verdict($"{who} waits for data at both ends of a socket, and nobody else has either.", culprits) { NamesFault = false };
    }

    private static ImmutableArray<IncidentEdge> ReadsAmong(Incident incident, HashSet<int> readers) => [.. incident.Edges.Where(edge =>
        edge is { IsKinship: false, Part.Kind: WaitKind.SocketRead } && !NeverAccepted.IsAtListener(incident.Evidence.Resources, edge.Part)
        && readers.Contains(edge.From) && edge.To.Any(waker => waker.Node != edge.From && readers.Contains(waker.Node)))];

    /// <summary>Whether the holder of the other end reads there itself: then both speak with each other, and nobody waits for the end.</summary>
    public static bool IsConversation(Incident incident, IncidentEdge edge, int holder) =>
        edge.Part.Kind == WaitKind.SocketRead && incident.Edges.Any(back => back.From == holder && back.Part.Kind == WaitKind.SocketRead
            && edge.To.Any(waker => waker.Node == holder && incident.Evidence.Resources.ResourceOf(holder, waker.Fd!.Value) == back.Part.Target!.Text));
}
