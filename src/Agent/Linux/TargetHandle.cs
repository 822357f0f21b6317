using static Tmds.Linux.LibC;
using Tmds.Linux;

namespace OrphanBoard.Agent.Linux;

/// <summary>pidfd_open(2): a process that cannot become another one that was given the same pid.</summary>
internal sealed unsafe class TargetHandle : IDisposable
{
    private readonly int _fd;

    private TargetHandle(int fd) => _fd = fd;

    /// <summary>Null: it is gone.</summary>
    internal static TargetHandle? TryOpen(int pid)
    {
        int fd = (int)(long)(ssize_t)syscall(SystemCallNumbers.PidfdOpen, pid, 0);
        return fd == -1 ? null : new TargetHandle(fd);
    }

    /// <summary>pidfd_send_signal(2). False: it is gone, or not ours to signal.</summary>
    internal bool Send(int signal) => (long)(ssize_t)syscall(SystemCallNumbers.PidfdSendSignal, _fd, signal, null, 0) == 0;

    public void Dispose() => _ = close(_fd);
}
