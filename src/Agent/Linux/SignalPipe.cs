using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>What came of waiting for a byte.</summary>
internal enum Arrival
{
    Came,

    /// <summary>Nothing came in time.</summary>
    Late,

    /// <summary>Nobody holds the other end any more.</summary>
    Closed,
}

/// <summary>pipe(2) that carries single bytes as signals between two processes. Close-on-exec.</summary>
internal sealed unsafe partial class SignalPipe : IDisposable
{
    private const int PipeCloseOnExec = 0x80000; // O_CLOEXEC on x86_64 and aarch64

    private SignalPipe(int readEnd, int writeEnd) => (ReadEnd, WriteEnd) = (readEnd, writeEnd);

    /// <summary>-1: closed.</summary>
    internal int ReadEnd { get; private set; }

    /// <summary>-1: closed.</summary>
    internal int WriteEnd { get; private set; }

    /// <exception cref="LinuxException">There is none: too many open files.</exception>
    internal static SignalPipe Create()
    {
        int* ends = stackalloc int[2];
        return pipe2(ends, PipeCloseOnExec) == -1 ? throw new LinuxException("pipe2(2)", Marshal.GetLastPInvokeError()) : new SignalPipe(ends[0], ends[1]);
    }

    /// <summary>Sends a byte. False: nobody reads any more.</summary>
    internal static bool Send(int writeEnd)
    {
        byte signal = 1;
        long count;
        do
            count = write(writeEnd, &signal, 1);
        while (Errno.Interrupted(count));
        return count == 1;
    }

    /// <summary>Takes a byte; waits for it as long as it takes. False: nobody writes any more.</summary>
    internal static bool Take(int readEnd)
    {
        byte signal;
        long count;
        do
            count = read(readEnd, &signal, 1);
        while (Errno.Interrupted(count));
        return count == 1;
    }

    /// <summary>Takes a byte that comes within <paramref name="patience"/>, whole milliseconds.</summary>
    internal static Arrival Take(int readEnd, TimeSpan patience)
    {
        if (!Polling.Waits(readEnd, POLLIN, (int)patience.TotalMilliseconds))
            return Arrival.Late;
        return Take(readEnd) ? Arrival.Came : Arrival.Closed;
    }

    internal void CloseReadEnd()
    {
        if (ReadEnd != -1)
            _ = close(ReadEnd);
        ReadEnd = -1;
    }

    internal void CloseWriteEnd()
    {
        if (WriteEnd != -1)
            _ = close(WriteEnd);
        WriteEnd = -1;
    }

    public void Dispose()
    {
        CloseReadEnd();
        CloseWriteEnd();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);
}
