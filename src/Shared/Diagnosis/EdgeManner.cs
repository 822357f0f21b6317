using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What of an edge its kind leaves open: of a set which member it is, of a socket which sort, of a pipe whether it is one of tokens, of a file lock behind which other lock it waits.</summary>
internal static class EdgeManner
{
    /// <summary><c>one</c>, <c>all:unix-stream</c>, <c>flock:behind-shared</c>; of a set <c>SocketRead:tcp</c>. Null where the kind says all.</summary>
    public static string? Of(Evidence evidence, IncidentEdge edge)
    {
        string? manner = Join(WaitManner.Of(edge.Part), edge.Part.Kind switch
        {
            WaitKind.FileLock => Behind(evidence, edge),
            WaitKind.PipeRead => IsForAToken(evidence, edge) ? "token" : null,
            _ => OfSocket(evidence, edge.Part),
        });
        return edge.Whole.Kind == WaitKind.Poll ? Join(KindOf(edge.Part), manner) : manner;
    }

    /// <summary>Which way it waits makes another hang of it.</summary>
    public static string KindOf(Wait wait) => wait is { Kind: WaitKind.Tty, WaitsForRoom: true } ? "TtyWrite" : wait.Kind.ToString();

    /// <summary>Whether it reads one byte of a pipe of which it has both ends, as has another process: what is put back there is taken by somebody else, and nobody waits for the end.</summary>
    private static bool IsForAToken(Evidence evidence, IncidentEdge edge)
    {
        if (!edge.Part.ReadsOneByte || edge.Part.Target is not { Kind: FdKind.Pipe } pipe)
            return false;
        int[] both = [.. evidence.Resources.HoldersOf(pipe).GroupBy(holder => holder.Process)
            .Where(ends => ends.Any(end => (end.Access & FdAccess.Read) != 0) && ends.Any(end => (end.Access & FdAccess.Write) != 0)).Select(ends => ends.Key)];
        return both.Length > 1 && both.Contains(edge.From);
    }

    private static string? Join(string? one, string? other) => one is null ? other : other is null ? one : $"{one}:{other}";

    private static string? OfSocket(Evidence evidence, Wait wait)
    {
        if (wait.Target is not { Kind: FdKind.Socket } target || evidence.Resources.Sockets.LatestOf(target.Id) is not { } socket)
            return null;
        string sort = (socket.Family, socket.Type) switch
        {
            (SocketFamily.Unix, SocketType.Datagram) => "unix-datagram",
            (SocketFamily.Unix, SocketType.SeqPacket) => "unix-seqpacket",
            (SocketFamily.Unix, _) => "unix",
            _ => "tcp",
        };
        // It has said its last word itself (shutdown(2)), and still waits for an answer.
        const byte sends = 2;
        return socket.State == SocketState.Listening ? $"{sort}-listening" : ((socket.Shutdown ?? 0) & sends) != 0 ? $"{sort}-half-closed" : sort;
    }

    /// <summary>Where what is held is another sort of lock than what is asked for, or a shared one: an upgrade.</summary>
    private static string? Behind(Evidence evidence, IncidentEdge edge)
    {
        if (edge.Part.Lock is not { } request)
            return null;
        string? behind = null;
        foreach (Waker waker in edge.To)
        {
            foreach (FileLock held in waker.Fd is { } number ? evidence.Resources.Find(waker.Node)?.Record.FindFd(number)?.Locks ?? [] : [])
            {
                if (!request.ConflictsWith(held))
                    continue;
                if (held.Access == LockAccess.Read)
                    behind = "behind-shared";
                else if (held.Kind != request.Kind)
                    behind ??= held.Kind == LockKind.Ofd ? "behind-ofd" : "behind-posix";
            }
        }
        return behind;
    }
}
