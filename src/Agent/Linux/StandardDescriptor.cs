using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>Whether a descriptor is what the program was started with.</summary>
public static class StandardDescriptor
{
    public const int Input = 0, Output = 1, Error = 2;

    /// <summary>
    /// False for one that was closed at the start (<c>&lt;&amp;-</c>). Its number may be in use again: the runtime opens pipes of its own, one of which
    /// would be waited for in vain. What came through execve(2) is not close-on-exec; what the runtime opens is.
    /// </summary>
    public static bool IsOpen(int fd)
    {
        int flags = fcntl(fd, F_GETFD);
        return flags != -1 && (flags & FD_CLOEXEC) == 0;
    }
}
