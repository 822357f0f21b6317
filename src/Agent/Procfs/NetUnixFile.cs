using System.Globalization;
using System.Text;
using OrphanBoard.Agent.Netlink;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Procfs;

/// <summary>
/// /proc/PID/net/unix, proc_pid_net(5): unix sockets of that process's network namespace. Of the looker's own, sock_diag(7) tells more, and a name that
/// holds a newline cannot forge a line there.
/// <code>
/// Num               RefCount Protocol Flags    Type St Inode Path
/// 0000000019579935: 00000002 00000000 00010000 0001 01 40193 /tmp/server.socket
/// 000000001ddd024c: 00000003 00000000 00000000 0001 03  1600
/// </code>
/// Flags 00010000 (__SO_ACCEPTCON): it listens. Type as in socket(2), hexadecimal. St 01 unconnected, 02 connecting, 03 connected, 04 disconnecting. Whom it
/// is connected to is not shown.
/// </summary>
internal static class NetUnixFile
{
    private const uint AcceptsConnections = 0x10000;

    /// <summary>The sockets that have an inode; lines of another form are left out.</summary>
    internal static void Parse(ReadOnlySpan<byte> text, ulong? netNamespace, List<SocketRecord> sockets)
    {
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (ParseLine(line, netNamespace) is { } socket)
                sockets.Add(socket);
        }
    }

    private static SocketRecord? ParseLine(ReadOnlySpan<byte> line, ulong? netNamespace)
    {
        for (int column = 1; column <= 3; column++)
            Utf8Text.NextField(ref line, out _);
        if (!Utf8Text.NextField(ref line, out ReadOnlySpan<byte> flagsText)
            || !uint.TryParse(flagsText, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint flags)
            || !Utf8Text.NextHex(ref line, out ulong number) || number > 15 || UnixDiag.TypeOf((int)number) is not { } type
            || !Utf8Text.NextHex(ref line, out ulong state)
            || !Utf8Text.NextULong(ref line, out ulong inode) || inode == 0)
            return null;
        SocketState connection = (flags & AcceptsConnections) != 0 ? SocketState.Listening
            : state switch { 2 => SocketState.Connecting, 3 => SocketState.Established, 4 => SocketState.Closing, _ => SocketState.Closed };
        ReadOnlySpan<byte> path = line.TrimStart((byte)' ');
        if (path.StartsWith("@"u8))
            path = path.TrimEnd((byte)'@'); // as sock_diag(7) is read
        return new SocketRecord(inode, SocketFamily.Unix, type, connection, netNamespace) { Name = path.IsEmpty ? null : Encoding.UTF8.GetString(path) };
    }
}
