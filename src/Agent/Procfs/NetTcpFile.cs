using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Procfs;

/// <summary>
/// /proc/PID/net/tcp and tcp6, proc_pid_net(5): TCP sockets of that process's network namespace.
/// <code>
///   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
///    0: 0100007F:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1603 1 0000000051dc93a4 100 0 0 10 0
///    1: 00000000000000000000000001000000:1F90 ...      the same in tcp6
/// </code>
/// An address is one or four words of 32 bits, each printed as the number that a little-endian machine sees in it. All numbers but uid and inode are hexadecimal.
/// Columns after the inode differ by state and are skipped on purpose.
/// </summary>
internal static class NetTcpFile
{
    internal static void Parse(ReadOnlySpan<byte> text, List<TcpSocket> sockets)
    {
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (ParseLine(line) is { } socket)
                sockets.Add(socket);
        }
    }

    private static TcpSocket? ParseLine(ReadOnlySpan<byte> line)
    {
        if (!Utf8Text.NextField(ref line, out ReadOnlySpan<byte> sl) || sl[^1] != ':'
            || !Utf8Text.NextField(ref line, out ReadOnlySpan<byte> local) || Address(local) is not { } localAddress
            || !Utf8Text.NextField(ref line, out ReadOnlySpan<byte> remote) || Address(remote) is not { } remoteAddress
            || !Utf8Text.NextHex(ref line, out ulong state) || state is 0 or > 12
            || !Utf8Text.NextField(ref line, out ReadOnlySpan<byte> queues) || queues is not { Length: 17 }
            || !Hex(queues[..8], out uint sent) || !Hex(queues[9..], out uint received)
            || !Utf8Text.NextField(ref line, out _) // tr:tm->when
            || !Utf8Text.NextField(ref line, out _) // retrnsmt
            || !Utf8Text.NextULong(ref line, out _) // uid
            || !Utf8Text.NextULong(ref line, out _) // timeout
            || !Utf8Text.NextULong(ref line, out ulong inode))
            return null;
        return new TcpSocket(inode, local.Length > 13 ? SocketFamily.Inet6 : SocketFamily.Inet, (byte)state, localAddress, remoteAddress, received, sent);
    }

    private static IPEndPoint? Address(ReadOnlySpan<byte> text)
    {
        int words = text.Length switch { 8 + 5 => 1, 32 + 5 => 4, _ => 0 };
        if (words == 0 || text[words * 8] != ':' || !Hex(text[^4..], out uint port))
            return null;
        Span<byte> address = stackalloc byte[16];
        for (int i = 0; i < words; i++)
        {
            if (!Hex(text.Slice(i * 8, 8), out uint word))
                return null;
            BinaryPrimitives.WriteUInt32LittleEndian(address[(i * 4)..], word);
        }
        return new IPEndPoint(new IPAddress(address[..(words * 4)]), (int)port);
    }

    private static bool Hex(ReadOnlySpan<byte> text, out uint number) => uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
}
