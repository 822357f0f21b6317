using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Something lies in a pipe, and who polls that was told of it once (EPOLLET), has not read it all and is not told again: whoever has written it did his part, and may wait for an answer. Shown only where a back end sees
/// into pipes.
/// </summary>
internal static class LeftUnread
{
    public static bool Is(ResourceIndex resources, IncidentEdge edge) =>
        edge.Part is { Kind: WaitKind.PipeRead, EdgeTriggered: true, OnlyForTheEnd: false, Target.Kind: FdKind.Pipe, Fd: { } fd }
        && resources[edge.From].FindFd(fd) is { Pipe.Buffers: > 0 } own && own.Target == edge.Part.Target;

    public static Culprit CulpritOf(Narrator narrator, IncidentEdge edge) => new(
        edge.From, edge.Part.Fd, edge.Part.Target!.Text, $"It ends when {narrator.Name(edge.From)} reads what lies in {edge.Part.Target.Text} (fd {edge.Part.Fd}), until EAGAIN: with EPOLLET it is told of it once.");
}
