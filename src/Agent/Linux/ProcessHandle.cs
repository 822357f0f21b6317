using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>
/// A process, held by pidfd_open(2): what is sent reaches this one or nobody, even if its pid is given to another one. What is read of /proc/PID
/// after this was opened and before a signal was sent was read of it.
/// </summary>
internal sealed unsafe class ProcessHandle : IDisposable
{
    internal const int Usr1 = 10, Continue = 18; // SIGUSR1, SIGCONT on x86_64 and aarch64
    private readonly int _fd;

    private ProcessHandle(int fd) => _fd = fd;

    /// <summary>Null: it is gone, or this kernel is older than 5.3.</summary>
    internal static ProcessHandle? TryOpen(int pid)
    {
        int fd = (int)(long)(ssize_t)syscall(SystemCallNumbers.PidfdOpen, pid, 0);
        return fd == -1 ? null : new ProcessHandle(fd);
    }

    /// <summary>False: it is gone, or it is another user's.</summary>
    internal bool Send(int signal) => (long)(ssize_t)syscall(SystemCallNumbers.PidfdSendSignal, _fd, signal, null, 0) == 0;

    public void Dispose() => _ = close(_fd);
}
