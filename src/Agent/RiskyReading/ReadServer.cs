using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.RiskyReading;

/// <summary>
/// The helper: this program again, started by the agent with <see cref="Word"/>. It makes the reads that may block, so that it is the helper that hangs;
/// a thread that hangs in such a read would keep the agent from ending. Not part of the command line that users see.
/// </summary>
/// <remarks>fd 0: a byte for each board of requests. fd 1: a byte when it is ready, and after each board. fd 3: the board.</remarks>
internal static class ReadServer
{
    internal const string Word = "--risky-reads";

    /// <summary>Ends when the agent closes its end of fd 0, and by SIGKILL when the agent ends while a read is stuck.</summary>
    internal static int Run(string procPath)
    {
        ParentDeath.EndWithParent("orphan-reads"u8);
        using var board = new ReadBoard(SharedBytes.Map(ReadHelper.BoardDescriptor, ReadBoard.Size));
        using DirectoryHandle proc = DirectoryHandle.Open(procPath);
        while (SignalPipe.Send(StandardDescriptor.Output) && SignalPipe.Take(StandardDescriptor.Input))
            Serve(proc, board);
        return 0;
    }

    private static void Serve(DirectoryHandle proc, ReadBoard board)
    {
        ReadOnlySpan<RiskyRead> requests = board.Requests[..board.Count];
        Span<byte> free = board.Bytes;
        for (int i = 0; i < requests.Length; i++)
        {
            RiskyRead read = requests[i];
            int wanted = Math.Clamp(read.Length, 0, RiskyRead.MaxLength), room = Math.Min(wanted, free.Length);
            // Memory is read whole or not at all. Of a file a part may do: most are shorter than what is asked for at most.
            if (room < wanted && (read.Kind == RiskyReadKind.Memory || room == 0))
                return;
            Sight sight = ReadMaker.Make(proc, read, free[..room], out int length);
            // It may have been cut only because this board is full: the agent asks again with the next one.
            if (length == room && room < wanted)
                return;
            board.Answer(i, sight, length);
            free = free[length..];
            board.Done = i + 1;
        }
    }
}
