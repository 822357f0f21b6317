using System.Runtime.InteropServices;
using OrphanBoard.Shared.Snapshots;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>sock_diag(7): the kernel's own list of the sockets of the caller's network namespace. Needs no rights.</summary>
public static unsafe class SocketDiag
{
    // One datagram of a dump is at most 32 KiB (netlink_dump of the kernel).
    private const int DatagramLimit = 64 * 1024;

    private const int NetlinkSocketDiag = 4; // NETLINK_SOCK_DIAG

    /// <summary>Sends one request for a dump and appends whatever is answered to <paramref name="buffer"/>, message after message as they came.</summary>
    /// <param name="request">A whole netlink message, header and all.</param>
    /// <returns>Denied where a sandbox forbids netlink; Failed for any other error, and where it is more than the buffer's limit.</returns>
    public static Sight Dump(ReadOnlySpan<byte> request, ReadBuffer buffer, out ReadOnlySpan<byte> messages)
    {
        messages = default;
        int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NetlinkSocketDiag);
        if (netlink == -1)
            return Errno.Last;
        try
        {
            fixed (byte* bytes = request)
            {
                if ((long)send(netlink, bytes, request.Length, 0) != request.Length)
                    return Errno.Last;
            }
            return Receive(netlink, buffer, out messages);
        }
        finally
        {
            _ = close(netlink);
        }
    }

    private static Sight Receive(int netlink, ReadBuffer buffer, out ReadOnlySpan<byte> messages)
    {
        for (int length = 0; ;)
        {
            messages = buffer.Bytes.AsSpan(0, length);
            while (buffer.Bytes.Length - length < DatagramLimit)
            {
                if (!buffer.Grow())
                    return Sight.Failed;
            }
            long count;
            // Each part of a dump is made by the call that asks for it: when there is none, there will be none.
            fixed (byte* room = buffer.Bytes)
            {
                do
                    count = (long)recv(netlink, room + length, DatagramLimit, MSG_DONTWAIT | MSG_TRUNC);
                while (Errno.Interrupted(count));
            }
            if (count == -1)
                return Errno.Last;
            if (count is 0 or > DatagramLimit)
                return Sight.Failed;
            int begin = length;
            length += (int)count;
            messages = buffer.Bytes.AsSpan(0, length);
            if (EndsHere(messages[begin..], out Sight sight))
                return sight;
        }
    }

    /// <summary>Whether NLMSG_DONE or NLMSG_ERROR is in a datagram.</summary>
    private static bool EndsHere(ReadOnlySpan<byte> datagram, out Sight sight)
    {
        const ushort Error = 2, Done = 3; // NLMSG_ERROR, NLMSG_DONE
        const int Header = 16; // struct nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid; }
        sight = Sight.Seen;
        while (datagram.Length >= Header)
        {
            uint size = MemoryMarshal.Read<uint>(datagram);
            ushort type = MemoryMarshal.Read<ushort>(datagram[4..]);
            if (type == Done)
                return true;
            if (type == Error)
            {
                int error = datagram.Length >= Header + 4 ? -MemoryMarshal.Read<int>(datagram[Header..]) : 0;
                // ENOENT: a kernel without this module (CONFIG_UNIX_DIAG, CONFIG_INET_DIAG), not a socket that has gone.
                sight = error == EACCES || error == EPERM ? Sight.Denied : Sight.Failed;
                return true;
            }
            if (size < Header || size > datagram.Length)
                return false;
            datagram = datagram[(int)Math.Min((size + 3) & ~3u, (uint)datagram.Length)..];
        }
        return false;
    }
}
