using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>Signals to processes that are not our own children, whose pids may be given out again at any moment: pidfd_open(2), pidfd_send_signal(2).</summary>
internal static partial class SignalByPidfd
{
    private const int Open = 434, Send = 424; // the same on all architectures

    /// <summary>Holds the process, asks whether it is still the one that is meant, and sends. False: it was not sent.</summary>
    /// <param name="isMeant">Asked once the process is held: nobody else can have its pid from then on.</param>
    internal static bool TrySend(int pid, ReadOnlySpan<int> signals, Func<int, bool> isMeant)
    {
        int fd = (int)syscall(Open, pid, 0, 0, 0);
        if (fd == -1)
            return false;
        try
        {
            if (!isMeant(pid))
                return false;
            bool sent = true;
            foreach (int signal in signals)
                sent &= syscall(Send, fd, signal, 0, 0) == 0;
            return sent;
        }
        finally
        {
            _ = close(fd);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, long first, long second, long third, long fourth);
}
