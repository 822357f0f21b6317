using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>poll(2). By an import of our own: that of the library does not keep errno, and who takes a call that a signal has interrupted for one that found something reads for ever.</summary>
internal static unsafe partial class Polling
{
    /// <param name="fd">A descriptor.</param>
    /// <param name="events">POLLIN or POLLOUT.</param>
    /// <param name="milliseconds">-1: as long as it takes.</param>
    /// <returns>Whether it is ready, or its other end is gone; false: not in time.</returns>
    /// <exception cref="LinuxException">ENOMEM.</exception>
    internal static bool Waits(int fd, short events, int milliseconds)
    {
        pollfd one = new() { fd = fd, events = events };
        return Wait(&one, 1, milliseconds) > 0;
    }

    /// <returns>How many have something in revents; 0: none in time.</returns>
    /// <exception cref="LinuxException">ENOMEM.</exception>
    internal static int Wait(pollfd* fds, int count, int milliseconds)
    {
        long end = Environment.TickCount64 + milliseconds;
        while (true)
        {
            int ready = Poll(fds, (nuint)count, milliseconds);
            if (ready >= 0)
                return ready;
            if (Marshal.GetLastPInvokeError() != EINTR)
                throw new LinuxException("poll(2)", Marshal.GetLastPInvokeError());
            if (milliseconds >= 0)
                milliseconds = (int)Math.Max(0, end - Environment.TickCount64);
        }
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(pollfd* fds, nuint count, int milliseconds);
}
