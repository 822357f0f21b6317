using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Netlink;

/// <summary>
/// TCP sockets by sock_diag(7).
/// <code>
/// struct inet_diag_msg { u8 family; u8 state; u8 timer; u8 retrans; struct inet_diag_sockid id; u32 expires, rqueue, wqueue, uid, inode; }
/// struct inet_diag_sockid { be16 sport, dport; be32 src[4], dst[4]; u32 if; u32 cookie[2]; }     an IPv4 address is in the first of four words
/// </code>
/// </summary>
internal static class InetDiag
{
    private const ushort ByFamily = 20; // SOCK_DIAG_BY_FAMILY
    private const byte Inet = 2, Inet6 = 10; // AF_INET, AF_INET6
    private const int MessageLength = 72;

    internal static byte[] RequestInet { get; } = Request(Inet);
    internal static byte[] RequestInet6 { get; } = Request(Inet6);

    /// <summary>Parses the answer to a request. Messages of other kinds are skipped.</summary>
    internal static void Parse(ReadOnlySpan<byte> messages, List<TcpSocket> sockets)
    {
        while (NetlinkMessages.Next(ref messages, out ushort type, out ReadOnlySpan<byte> message))
        {
            if (type != ByFamily || message.Length < MessageLength || message[0] is not (Inet or Inet6))
                continue;
            int length = message[0] == Inet ? 4 : 16;
            sockets.Add(new TcpSocket(
                BinaryPrimitives.ReadUInt32LittleEndian(message[68..]),
                message[0] == Inet ? SocketFamily.Inet : SocketFamily.Inet6,
                message[1],
                new IPEndPoint(new IPAddress(message.Slice(8, length)), BinaryPrimitives.ReadUInt16BigEndian(message[4..])),
                new IPEndPoint(new IPAddress(message.Slice(24, length)), BinaryPrimitives.ReadUInt16BigEndian(message[6..])),
                BinaryPrimitives.ReadUInt32LittleEndian(message[56..]),
                BinaryPrimitives.ReadUInt32LittleEndian(message[60..])));
        }
    }

    private static byte[] Request(byte family)
    {
        const byte Tcp = 6; // IPPROTO_TCP
        const uint AllStates = 0xfff, TimeWait = 1 << 6; // TIME_WAIT: nobody's any more, and there may be many
        return NetlinkMessages.DumpRequest(ByFamily, new Ask { Family = family, Protocol = Tcp, States = AllStates & ~TimeWait });
    }

    // struct inet_diag_req_v2
    [StructLayout(LayoutKind.Sequential)]
    private struct Ask
    {
        public byte Family;
        public byte Protocol;
        public byte Extensions;
        public byte Pad;
        public uint States;
        public SocketId Id;
    }

    [InlineArray(48)]
    private struct SocketId
    {
        private byte _first;
    }
}
