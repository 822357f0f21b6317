using OrphanBoard.Shared.Text;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Server.Board.Words;

/// <summary>Wait kinds in words.</summary>
public static class WaitWords
{
    /// <summary>What a thread does: <c>reads a pipe</c>. A kind that this board does not know is shown as it was sent.</summary>
    public static string Of(string kind) => Parse(kind) switch
    {
        WaitKind.PipeRead => "reads a pipe",
        WaitKind.PipeWrite => "writes to a full pipe",
        WaitKind.FifoOpen => "opens a FIFO",
        WaitKind.SocketRead => "reads a socket",
        WaitKind.SocketWrite => "writes to a socket",
        WaitKind.SocketAccept => "waits for a connection",
        WaitKind.SocketConnect => "connects",
        WaitKind.Poll => "polls",
        WaitKind.EventFd => "waits on an eventfd",
        WaitKind.Futex => "waits on a futex",
        WaitKind.ChildWait => "waits for a child",
        WaitKind.FileLock => "waits for a file lock",
        WaitKind.SysvSemaphore => "waits on a semaphore",
        WaitKind.SysvMessage or WaitKind.PosixQueue => "waits for a message",
        WaitKind.Tty => "waits on a terminal",
        WaitKind.Vfork => "waits for vfork",
        WaitKind.SignalWait => "waits for a signal",
        WaitKind.Timer => "sleeps",
        WaitKind.Stopped => "stopped",
        WaitKind.Traced => "traced",
        WaitKind.Uninterruptible => "in the kernel (D)",
        WaitKind.Running => "running",
        WaitKind.Unknown => "not decoded",
        _ => VisibleText.Of(kind),
    };

    /// <summary>What stands beside an arrow: <c>waits for exit</c>, <c>reads D until EOF</c>.</summary>
    /// <param name="letter">The letter of the pipe or socket, if it has one in the picture.</param>
    /// <param name="untilEof">The reader waits for the end of the data, not for more of it.</param>
    public static string Arrow(string kind, string? letter, bool untilEof)
    {
        string what = letter is null ? "" : $" {letter}";
        return Parse(kind) switch
        {
            WaitKind.PipeRead or WaitKind.SocketRead when untilEof => $"reads{what} until EOF",
            WaitKind.PipeRead or WaitKind.SocketRead => $"reads{what}",
            WaitKind.PipeWrite or WaitKind.SocketWrite => $"writes{what}, full",
            WaitKind.Poll => $"polls{what}",
            WaitKind.ChildWait => "waits for exit",
            WaitKind.Futex => "waits on a futex",
            WaitKind.EventFd when IsForRoom(kind) => $"waits for room in eventfd{what}",
            WaitKind.SysvMessage or WaitKind.PosixQueue when IsForRoom(kind) => "waits for room in a queue",
            WaitKind.Tty when IsForRoom(kind) => "writes to a full terminal",
            _ => Of(kind),
        };
    }

    /// <summary>Whether a thread of this kind goes on by itself.</summary>
    public static bool IsIdleOrRunning(string kind) => Parse(kind) is WaitKind.Running or WaitKind.Timer;

    /// <summary>What is waited on both ways under one kind says so of an edge: <c>EventFdWrite</c>.</summary>
    private static bool IsForRoom(string kind) => kind.EndsWith("Write", StringComparison.Ordinal);

    private static WaitKind? Parse(string kind) =>
        ParseExactly(kind) ?? (IsForRoom(kind) ? ParseExactly(kind[..^"Write".Length]) : null);

    private static WaitKind? ParseExactly(string kind) =>
        Enum.TryParse(kind.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out WaitKind parsed) && Enum.IsDefined(parsed) ? parsed : null;
}
