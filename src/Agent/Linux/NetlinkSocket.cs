using System.Runtime.InteropServices;
using OrphanBoard.Shared.Snapshots;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>A netlink(7) socket to the kernel.</summary>
public sealed unsafe partial class NetlinkSocket : IDisposable
{
    public const int Connector = 11, Generic = 16; // NETLINK_CONNECTOR, NETLINK_GENERIC

    private const int NetlinkFamily = 16; // AF_NETLINK
    private const int ReceiveBufferForce = 33; // SO_RCVBUFFORCE: needs CAP_NET_ADMIN, and passes rmem_max

    private int _fd;

    private NetlinkSocket(int fd) => _fd = fd;

    /// <param name="groups">Multicast groups to join, bit n-1 for group n.</param>
    /// <param name="receiveBuffer">Bytes that may wait to be received; granted as far as the rights go.</param>
    public static Sight Open(int protocol, uint groups, int receiveBuffer, out NetlinkSocket? opened)
    {
        opened = null;
        int fd = socket(NetlinkFamily, SOCK_RAW | SOCK_CLOEXEC, protocol);
        if (fd == -1)
            return Errno.Last;
        uint* address = stackalloc uint[3]; // struct sockaddr_nl { u16 nl_family; u16 pad; u32 nl_pid; u32 nl_groups; }
        address[0] = NetlinkFamily;
        address[1] = 0;
        address[2] = groups;
        if (Bind(fd, address, 12) == -1)
        {
            Sight why = Errno.ToSight(Marshal.GetLastPInvokeError());
            _ = close(fd);
            return why;
        }
        if (SetOption(fd, SOL_SOCKET, ReceiveBufferForce, &receiveBuffer, sizeof(int)) == -1)
            _ = SetOption(fd, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof(int));
        opened = new NetlinkSocket(fd);
        return Sight.Seen;
    }

    public Sight Send(ReadOnlySpan<byte> messages)
    {
        fixed (byte* bytes = messages)
        {
            long count;
            do
                count = (long)send(_fd, bytes, messages.Length, 0);
            while (Errno.Interrupted(count));
            return count == -1 ? Errno.Last : Sight.Seen;
        }
    }

    /// <summary>One datagram. Where none is waiting, waits for the kernel to answer.</summary>
    public Sight Receive(Span<byte> room, out int length) => Receive(room, 0, out length, out _);

    /// <summary>One datagram; length 0 where none is waiting.</summary>
    /// <param name="overflowed">Some were lost, for nobody took them in time (ENOBUFS).</param>
    public Sight TryReceive(Span<byte> room, out int length, out bool overflowed) => Receive(room, MSG_DONTWAIT, out length, out overflowed);

    /// <summary>As many datagrams as wait, by one call: at most one for each of <paramref name="lengths"/>, which share <paramref name="rooms"/> equally.</summary>
    /// <returns>How many there were; 0 also where none can be had.</returns>
    public int TryReceive(Span<byte> rooms, Span<int> lengths)
    {
        const int MessageSize = 8, IovAt = 2, IovCountAt = 3, LengthAt = 7; // struct mmsghdr { struct msghdr msg_hdr; unsigned msg_len; }, 64 bytes, in words
        ulong* messages = stackalloc ulong[lengths.Length * MessageSize], vectors = stackalloc ulong[lengths.Length * 2];
        new Span<ulong>(messages, lengths.Length * MessageSize).Clear();
        int each = rooms.Length / lengths.Length, count;
        fixed (byte* bytes = rooms)
        {
            for (int i = 0; i < lengths.Length; i++)
            {
                (vectors[i * 2], vectors[i * 2 + 1]) = ((ulong)(bytes + i * each), (ulong)each);
                (messages[i * MessageSize + IovAt], messages[i * MessageSize + IovCountAt]) = ((ulong)&vectors[i * 2], 1);
            }
            do
                count = ReceiveMany(_fd, messages, (uint)lengths.Length, MSG_DONTWAIT, null);
            while (Errno.Interrupted(count));
        }
        for (int i = 0; i < count; i++)
            lengths[i] = (int)messages[i * MessageSize + LengthAt];
        return Math.Max(0, count);
    }

    private Sight Receive(Span<byte> room, int flags, out int length, out bool overflowed)
    {
        long count;
        fixed (byte* bytes = room)
        {
            do
                count = (long)recv(_fd, bytes, room.Length, flags);
            while (Errno.Interrupted(count));
        }
        length = (int)Math.Max(0, count);
        overflowed = count == -1 && errno == ENOBUFS;
        return count != -1 || errno == EAGAIN || overflowed ? Sight.Seen : Errno.Last;
    }

    public void Dispose()
    {
        if (_fd != -1)
            _ = close(_fd);
        _fd = -1;
    }

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int fd, void* address, uint length);

    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    private static partial int ReceiveMany(int fd, void* messages, uint most, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int fd, int level, int option, void* value, uint length);
}
