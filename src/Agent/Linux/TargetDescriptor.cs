using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>
/// A duplicate of another process's descriptor, pidfd_open(2), pidfd_getfd(2): for as long as it takes to ask a question. Needs ptrace access. Never of pipes: even for a moment, a duplicate of an
/// end holds off the end of file.
/// </summary>
internal readonly struct TargetDescriptor(int fd) : IDisposable
{
    /// <summary>Negative: it may not be had, or is gone.</summary>
    internal int Fd => fd;

    /// <param name="pid">A thread group's leader that still lives.</param>
    /// <param name="fd">The number that it has there.</param>
    internal static TargetDescriptor Of(int pid, int fd)
    {
        int process = (int)(long)(ssize_t)syscall(SystemCallNumbers.PidfdOpen, pid, 0);
        if (process == -1)
            return new TargetDescriptor(-1);
        int duplicate = (int)(long)(ssize_t)syscall(SystemCallNumbers.PidfdGetfd, process, fd, 0);
        _ = close(process);
        return new TargetDescriptor(duplicate);
    }

    public void Dispose()
    {
        if (fd >= 0)
            _ = close(fd);
    }
}
