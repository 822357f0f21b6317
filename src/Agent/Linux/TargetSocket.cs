using OrphanBoard.Shared.Snapshots;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>
/// Asks a socket of another process with getsockopt(2), through a <see cref="TargetDescriptor"/>.
/// </summary>
public static unsafe class TargetSocket
{
    // The longest that is told, for what setsockopt(2) takes without a word.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365_000);

    // include/uapi/asm-generic/socket.h, include/uapi/linux/tcp.h
    private const int ReceiveTimeout = 20, SendTimeout = 21; // SO_RCVTIMEO_OLD, SO_SNDTIMEO_OLD
    private const int Protocol = 38; // SO_PROTOCOL
    private const int TcpProtocol = 6, TcpUserTimeout = 18; // IPPROTO_TCP, TCP_USER_TIMEOUT

    /// <summary>Timeouts of a socket; null where it may not be asked, or fd is not that socket any more.</summary>
    /// <param name="pid">A thread group's leader that still lives.</param>
    /// <param name="fd">The number that the socket has there.</param>
    /// <param name="inode">Its inode: it is asked only if it is this one.</param>
    public static SocketTimeouts? Timeouts(int pid, int fd, ulong inode)
    {
        using TargetDescriptor duplicate = TargetDescriptor.Of(pid, fd);
        int socket = duplicate.Fd;
        return socket >= 0 && IsSocket(socket, inode) && Time(socket, ReceiveTimeout) is { } receive && Time(socket, SendTimeout) is { } send
            ? new SocketTimeouts(receive, send, UserTimeout(socket))
            : null;
    }

    private static bool IsSocket(int fd, ulong inode)
    {
        stat status;
        return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == S_IFSOCK && (ulong)status.st_ino == inode;
    }

    // struct timeval
    private static TimeSpan? Time(int fd, int option)
    {
        long* value = stackalloc long[2];
        if (!Option(fd, SOL_SOCKET, option, value, 2 * sizeof(long)) || value[0] < 0 || value[1] is < 0 or >= 1_000_000)
            return null;
        return value[0] >= (long)Longest.TotalSeconds ? Longest : TimeSpan.FromTicks(value[0] * TimeSpan.TicksPerSecond + value[1] * TimeSpan.TicksPerMicrosecond);
    }

    private static TimeSpan? UserTimeout(int fd)
    {
        int protocol;
        uint milliseconds;
        return Option(fd, SOL_SOCKET, Protocol, &protocol, sizeof(int)) && protocol == TcpProtocol
            && Option(fd, TcpProtocol, TcpUserTimeout, &milliseconds, sizeof(uint))
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;
    }

    private static bool Option(int fd, int level, int name, void* value, int size)
    {
        socklen_t length = size;
        return getsockopt(fd, level, name, value, &length) == 0 && length == size;
    }
}
