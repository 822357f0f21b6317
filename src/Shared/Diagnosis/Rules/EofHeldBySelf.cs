using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A reader waits for the end of a pipe whose write end it holds itself, inherited by mistake or never closed after fork.
/// <code>
/// parent  waits for filter to exit
/// filter  reads a            a: filter/0r filter/4w
/// </code>
/// A pair of ends inside one process is also how threads wake each other: that is not a wait for the end. It counts as one where the
/// reader reads its stdin, where others hold the write end too, or where there is no other thread to write; where no other one does in a runtime that catches signals in every program, it is suspected, unless that acts on none while it reads. Where others both read it
/// and hold its write end, it is a channel that they share (tokens of a job server), and nobody waits for its end. Nor does who shares it with others and
/// has opened it for both directions, or speaks through it with somebody who waits for an answer. Nor an idle worker, at the queue that its parent feeds, where that waits for others.
/// </summary>
internal sealed class EofHeldBySelf : IncidentRule
{
    public override RuleInfo Info { get; } = new("eof-held-by-self", FindingClass.Deadlock,
        "A reader waits for the end of a pipe whose write end it holds open itself.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        foreach (IncidentEdge edge in incident.Edges)
        {
            if (edge.IsKinship || !(edge.Part.Kind is WaitKind.PipeRead or WaitKind.SocketRead || WakerFinder.IsMasterRead(edge.Part)) || edge.Part.Target is not { } stream || !edge.To.Any(waker => waker.Node == edge.From)
                || resources.Sockets.QueueOf(stream) is not null || !incident.Core.Contains(edge.From))
                continue;
            ProcessRecord reader = resources[edge.From];
            HostProcess process = resources.Find(edge.From)!;
            bool alone = (edge.Whole.Kind == edge.Part.Kind || IsForTheEnd(resources, process, edge.Whole)) && IsAlone(incident, reader, edge.Tid);
            // An event loop's own pair of sockets, by which its signal handlers wake it, is often inherited by its children: others hold that too, and nobody waits for its end.
            bool others = edge.To.Any(waker => waker.Node != edge.From), shared = others && edge.Part.Kind == WaitKind.PipeRead;
            // Its other threads wait in its memory, and for no time: one of them may be meant to write when Ctrl-C has woken it, if its runtime acts on that.
            bool apart = !alone && !others && edge.Part.Fd is > 2 && NotByDesign.ReadsFromItself(resources, process, process.WaitsOf(incident.Evidence.Last.Host), guess: false);
            bool unheeded = apart && Unheeded.Is(resources, process);
            apart &= unheeded || incident.HasStoodStill;
            // A handler that writes there may be one of its own; but nobody makes that its stdin.
            bool unseen = edge.Part.Fd is > 2 && NotByDesign.HasUnseenHandlers(resources, process);
            alone &= !unseen || incident.HasStoodStill;
            // In the table of a single thread: the reader has closed its own, as who waits for the end does.
            bool beside = !others && edge.Part.Kind == WaitKind.PipeRead && !edge.To.Any(waker => waker.Fd is { } fd && reader.FindFd(fd)?.Target == stream);
            if (edge.Part.Fd is not (>= 0 and <= 2) && !alone && !shared && !apart && !beside)
                continue;
            if (others && (edge.Part.Kind == WaitKind.Tty || OpenedForBoth(reader, edge.Part)) || edge.Part.Fd is > 2 && IsAnswered(incident, edge))
                continue;
            if (incident.Edges.Any(other => other.From != edge.From && other.Part.Kind == edge.Part.Kind && other.Part.Target == stream && other.To.Any(waker => waker.Node == other.From)))
                continue;
            ImmutableArray<int> own = [.. edge.To.Where(waker => waker.Node == edge.From).Select(waker => waker.Fd!.Value).Order()];
            string who = Narrator.Name(reader);
            string fds = Narrator.Listing(own.Select(fd => $"fd {fd}"));
            bool socket = stream.Kind == FdKind.Socket;
            if (edge.Part.Kind == WaitKind.Tty)
            {
                string terminal = resources.ResourceOf(reader.Pid, own[0]);
                return new Verdict(
                    $"{who} waits for the end of the terminal {terminal}, which it holds open itself at {fds}: the child that it was made for has exited.",
                    [.. own.Select(fd => new Culprit(reader.Pid, fd, terminal, $"It ends when {who} closes {fds}, its own copy of what it opened for the child."))]);
            }
            if (OpenedForBoth(reader, edge.Part))
            {
                string only = WakerFinder.IsUnlinked(reader, edge.Part)
                    ? $"It ends when {who} is ended: {stream.Text} has no name any more by which somebody could open it and write. Opened for reading alone (O_RDONLY), it would have come to its end."
                    : $"It ends when somebody opens {stream.Text} and writes to it; opened for reading alone (O_RDONLY), it would have come to its end.";
                return new Verdict(
                    $"{who} reads {StreamEnds.NameOf(stream)} at fd {edge.Part.Fd}, which is open for writing as well: while nobody else has it open, only {who} itself could write, and its end never comes.",
                    [new Culprit(reader.Pid, edge.Part.Fd, stream.Text, only)])
                {
                    OnlySuspected = unseen || apart && !unheeded,
                };
            }
            if (beside)
            {
                string lets = $"It ends when the thread of {who} that has {fds} in an fd table of its own (unshare(2), CLONE_FILES) closes it, writes there, or exits.";
                return new Verdict(
                    $"{who} waits for the end of {StreamEnds.NameOf(stream)}, whose write end a thread of it holds open at {fds} of an fd table of its own.",
                    [.. own.Select(fd => new Culprit(reader.Pid, fd, stream.Text, lets))])
                {
                    NamesFault = false,
                };
            }
            string remedy = $"It ends when {who} closes {fds}, its own {(socket ? "other end of the socket" : "write end of the pipe")} that it reads{narrator.OthersLetGo(edge, edge.From)}.";
            return new Verdict(
                $"{who} waits for the end of {StreamEnds.NameOf(stream)}, whose {(socket ? "other" : "write")} end it holds open itself at {fds}.",
                [.. own.Select(fd => new Culprit(reader.Pid, fd, resources.ResourceOf(reader.Pid, fd), remedy))])
            {
                // Where others hold the write end too, the wait may be for what they write and not for the end.
                NamesFault = !others,
                OnlySuspected = unseen || apart && !unheeded,
            };
        }
        return null;
    }

    /// <summary>Whether no other thread could write: there is none, or all of them join this one.</summary>
    private static bool IsAlone(Incident incident, ProcessRecord reader, int tid) => reader.Threads.Length == 1
        || incident.Evidence.Graph.NodeOf(reader.Pid) is { Aside.IsEmpty: true } node && node.Waiters.All(waiter => waiter.Thread.Tid == tid || waiter.Wait.Futex?.JoinsTid == tid);

    /// <summary>Whose handlers are to wake it by a pipe polls that, and so does a runtime's loop.</summary>
    private static bool IsForTheEnd(ResourceIndex resources, HostProcess reader, Wait set)
    {
        ImmutableArray<Wait> waits = reader.WaitsOf(resources.Look.Host);
        return Housekeeping.CatchesOf(reader.Record, waits) != 0
            ? NotByDesign.ReadsFromItself(resources, reader, waits, guess: false)
            : (reader.Record.SignalsCaught & ~SignalMask.OfFaults) == 0 && (set.Members.Length == 1 || NotByDesign.PollsItself(resources, reader, waits, guess: false));
    }

    /// <summary>The fd that it reads is a write end as well: while it reads there, the end cannot come.</summary>
    private static bool OpenedForBoth(ProcessRecord reader, Wait wait) =>
        wait.Kind == WaitKind.PipeRead && wait.Fd is { } fd && reader.FindFd(fd) is { Access: FdAccess.ReadWrite };

    /// <summary>Whether another who could write to it reads what this one could write, or waits in memory that they share: both have inherited all ends, and each waits for the other's word.</summary>
    private static bool IsAnswered(Incident incident, IncidentEdge edge) => incident.Edges.Any(back =>
        back.From != edge.From && incident.Core.Contains(back.From) && back.Part is { Kind: WaitKind.PipeRead or WaitKind.SocketRead, OnlyForTheEnd: false } or { Kind: WaitKind.Futex, Futex.IsPrivate: false }
        && edge.To.Any(waker => waker.Node == back.From) && back.To.Any(waker => waker.Node == edge.From));
}
