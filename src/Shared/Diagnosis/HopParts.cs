using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>One thing that a thread waits for: its wait, or a member of its set.</summary>
/// <param name="Wait">What.</param>
/// <param name="Wakers">Who holds it, as far as they are part of the story.</param>
/// <param name="Open">Why somebody else could end it as well; null where nobody could.</param>
/// <param name="Socket">Where it leads, for a socket that a table shows.</param>
internal sealed record HopPart(Wait Wait, ImmutableArray<Waker> Wakers, string? Open, SocketEnd? Socket)
{
    /// <summary>A channel by which the threads of a process wake each other: nobody else has it.</summary>
    public bool IsOwn(int pid) => Wait.Target is { Kind: FdKind.Pipe or FdKind.EventFd or FdKind.Socket } && !Wakers.IsEmpty && Wakers.All(waker => waker.Node == pid);
}

/// <summary>
/// The parts of waits with their holders, also of waits that a timeout ends: for the proof such a wait has no wakers that matter, but a person wants to
/// know them.
/// </summary>
internal sealed class HopParts(ResourceIndex resources)
{
    private readonly WakerFinder _finder = new(resources, guess: false);
    private readonly SocketEnds _sockets = new(resources);

    public ImmutableArray<HopPart> Of(HostProcess process, Wait wait) =>
        [.. (wait.Kind == WaitKind.Poll ? wait.Members : [wait]).Select(part => One(process, part))];

    private HopPart One(HostProcess process, Wait part)
    {
        SocketEnd? socket = _sockets.Of(part.Target);
        // Who connects has no other end yet: it waits for whoever has the listener.
        if (socket is not null && part.Kind != WaitKind.SocketConnect)
            return new HopPart(part, socket.Peers, socket.Peers.IsEmpty ? "its other end is not seen" : null, socket);
        ImmutableArray<Clause> clauses = ClauseCollector.ClausesOf(_finder, process, part with { Bounded = Bounded.No });
        return new HopPart(
            part,
            [.. clauses.SelectMany(clause => clause.Wakers).Where(waker => waker.Direct).Distinct()],
            clauses.FirstOrDefault(clause => clause.Open != Openness.Closed)?.Why,
            socket);
    }
}
