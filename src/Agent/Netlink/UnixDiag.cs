using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Netlink;

/// <summary>
/// Unix sockets by sock_diag(7).
/// <code>
/// struct unix_diag_msg { u8 family; u8 type; u8 state; u8 pad; u32 ino; u32 cookie[2]; }    then attributes:
/// UNIX_DIAG_NAME 0      sun_path: abstract with a NUL first; else with or without one at the end
/// UNIX_DIAG_PEER 2      u32 inode, 0 where the peer is closed or not yet accepted; missing where there is none
/// UNIX_DIAG_ICONS 3     u32[]: of a listener, inodes of those who wait to be accepted
/// UNIX_DIAG_RQLEN 4     u32 rqueue, wqueue: bytes; of a listener, connections and backlog
/// UNIX_DIAG_SHUTDOWN 6  u8
/// </code>
/// </summary>
internal static class UnixDiag
{
    private const ushort ByFamily = 20; // SOCK_DIAG_BY_FAMILY
    private const byte Family = 1; // AF_UNIX
    private const int MessageLength = 16;
    private const byte Established = 1, Listen = 10; // TCP_ESTABLISHED, TCP_LISTEN

    /// <summary>All sockets, with all that is parsed here.</summary>
    internal static byte[] Request { get; } = NetlinkMessages.DumpRequest(ByFamily, new Ask
    {
        Family = Family,
        States = uint.MaxValue,
        Show = 1 | 4 | 8 | 0x10, // UDIAG_SHOW_NAME, _PEER, _ICONS, _RQLEN
    });

    /// <summary>Listeners alone, with their names.</summary>
    internal static byte[] ListenersRequest { get; } = NetlinkMessages.DumpRequest(ByFamily, new Ask { Family = Family, States = 1 << Listen, Show = 1 });

    /// <summary>Parses the answer to <see cref="Request"/>. Messages and attributes of other kinds are skipped, as are sockets without an inode.</summary>
    /// <param name="before">By inode, of earlier looks: of a socket that is as it was its record is taken from there. Those that are not are put there.</param>
    internal static void Parse(ReadOnlySpan<byte> messages, ulong? netNamespace, List<SocketRecord> sockets, Dictionary<ulong, SocketRecord> before)
    {
        var pendingAt = new Dictionary<ulong, ulong>();
        int first = sockets.Count;
        while (NetlinkMessages.Next(ref messages, out ushort type, out ReadOnlySpan<byte> payload))
        {
            if (type == ByFamily && payload.Length >= MessageLength && payload[0] == Family && ParseOne(payload, netNamespace, pendingAt, before) is { } socket)
                sockets.Add(socket);
        }
        for (int i = first; i < sockets.Count; i++)
        {
            ulong? listener = pendingAt.Count > 0 && pendingAt.TryGetValue(sockets[i].Inode, out ulong at) ? at : null;
            if (sockets[i].PendingAt != listener)
                before[sockets[i].Inode] = sockets[i] = sockets[i] with { PendingAt = listener };
        }
    }

    /// <summary>Parses the answer to <see cref="ListenersRequest"/>: those that have a name.</summary>
    internal static ImmutableArray<UnixListener> ParseListeners(ReadOnlySpan<byte> messages)
    {
        var sockets = new List<SocketRecord>();
        Parse(messages, null, sockets, []);
        return [.. sockets.Where(socket => socket.State == SocketState.Listening).Select(socket => new UnixListener(socket.Inode, socket.Name ?? ""))];
    }

    private static SocketRecord? ParseOne(ReadOnlySpan<byte> message, ulong? netNamespace, Dictionary<ulong, ulong> pendingAt, Dictionary<ulong, SocketRecord> before)
    {
        ulong inode = BinaryPrimitives.ReadUInt32LittleEndian(message[4..]);
        if (inode == 0 || TypeOf(message[1]) is not { } type)
            return null;
        SocketState state = message[2] switch { Established => SocketState.Established, Listen => SocketState.Listening, _ => SocketState.Closed };
        ulong peer = 0;
        uint? receive = null, send = null;
        byte? shutdown = null;
        scoped ReadOnlySpan<byte> path = default;
        ReadOnlySpan<byte> attributes = message[MessageLength..];
        while (NetlinkMessages.NextAttribute(ref attributes, out ushort kind, out ReadOnlySpan<byte> value))
        {
            switch (kind)
            {
                case 0:
                    path = value;
                    break;
                case 2 when value.Length >= 4:
                    peer = BinaryPrimitives.ReadUInt32LittleEndian(value);
                    break;
                case 3:
                    foreach (uint client in MemoryMarshal.Cast<byte, uint>(value))
                        pendingAt[client] = inode;
                    break;
                case 4 when value.Length >= 8:
                    (receive, send) = (BinaryPrimitives.ReadUInt32LittleEndian(value), BinaryPrimitives.ReadUInt32LittleEndian(value[4..]));
                    break;
                case 6 when value.Length >= 1:
                    shutdown = value[0];
                    break;
            }
        }
        string? name = path.IsEmpty ? null : Name(path);
        if (before.TryGetValue(inode, out SocketRecord? known) && known.Family == SocketFamily.Unix && known.Type == type && known.State == state && known.NetNamespace == netNamespace
            && known.Peer == peer && known.Name == name && known.ReceiveQueue == receive && known.SendQueue == send && known.Shutdown == shutdown)
        {
            return known;
        }
        return before[inode] = new SocketRecord(inode, SocketFamily.Unix, type, state, netNamespace)
        {
            Peer = peer, Name = name, ReceiveQueue = receive, SendQueue = send, Shutdown = shutdown,
        };
    }

    /// <summary>As /proc/net/unix shows it: @ for each NUL of an abstract name. Those at its end, with which many programs fill sun_path, are left out.</summary>
    internal static string Name(ReadOnlySpan<byte> path)
    {
        if (path[0] == 0)
            return $"@{Encoding.UTF8.GetString(path[1..].TrimEnd((byte)0)).Replace('\0', '@')}";
        int end = path.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? path : path[..end]);
    }

    /// <summary>SOCK_STREAM 1, SOCK_DGRAM 2 (SOCK_RAW 3 is made one), SOCK_SEQPACKET 5.</summary>
    internal static SocketType? TypeOf(int number) => number switch
    {
        1 => SocketType.Stream,
        2 or 3 => SocketType.Datagram,
        5 => SocketType.SeqPacket,
        _ => null,
    };

    // struct unix_diag_req
    [StructLayout(LayoutKind.Sequential)]
    private struct Ask
    {
        public byte Family;
        public byte Protocol;
        public ushort Pad;
        public uint States;
        public uint Inode;
        public uint Show;
        public ulong Cookie;
    }
}
