using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Something lies in a pipe or a socket, and who polls that was told of it once (EPOLLET), has not read it all and is not told again: whoever has written it did his part, and may wait for an answer. Of pipes it shows only
/// where a back end sees into them; of sockets sock_diag(7) tells.
/// </summary>
internal static class LeftUnread
{
    public static bool Is(ResourceIndex resources, IncidentEdge edge) => edge.Part is { EdgeTriggered: true, OnlyForTheEnd: false, Target: { } target, Fd: { } fd } part && part.Kind switch
    {
        WaitKind.PipeRead => target.Kind == FdKind.Pipe && resources[edge.From].FindFd(fd) is { Pipe.Buffers: > 0 } own && own.Target == target,
        WaitKind.SocketRead => target.Kind == FdKind.Socket && resources.Sockets.Find(target.Id) is { State: SocketState.Established, ReceiveQueue: > 0 },
        _ => false,
    };

    public static Culprit CulpritOf(Narrator narrator, IncidentEdge edge) => new(
        edge.From, edge.Part.Fd, edge.Part.Target!.Text, $"It ends when {narrator.Name(edge.From)} reads what lies in {edge.Part.Target.Text} (fd {edge.Part.Fd}), until EAGAIN: with EPOLLET it is told of it once.");
}
