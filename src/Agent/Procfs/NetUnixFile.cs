using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Procfs;

/// <summary>
/// /proc/net/unix, proc_net_unix(5): all unix sockets of a network namespace.
/// <code>
/// Num               RefCount Protocol Flags    Type St Inode Path
/// 0000000019579935: 00000002 00000000 00010000 0001 01 40193 /tmp/server.socket
/// </code>
/// Flags 00010000 (__SO_ACCEPTCON): it listens.
/// </summary>
internal static class NetUnixFile
{
    private const uint AcceptsConnections = 0x10000;

    /// <summary>The sockets that listen; lines of another form are left out.</summary>
    public static ImmutableArray<UnixListener> ParseListeners(ReadOnlySpan<byte> text)
    {
        var listeners = ImmutableArray.CreateBuilder<UnixListener>();
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (ParseListener(line) is { } listener)
                listeners.Add(listener);
        }
        return listeners.ToImmutable();
    }

    private static UnixListener? ParseListener(ReadOnlySpan<byte> line)
    {
        for (int column = 1; column <= 3; column++)
            Utf8Text.NextField(ref line, out _);
        if (!Utf8Text.NextField(ref line, out ReadOnlySpan<byte> flagsText)
            || !uint.TryParse(flagsText, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint flags)
            || (flags & AcceptsConnections) == 0)
        {
            return null;
        }
        Utf8Text.NextField(ref line, out _); // Type
        Utf8Text.NextField(ref line, out _); // St
        return Utf8Text.NextField(ref line, out ReadOnlySpan<byte> inodeText) && ulong.TryParse(inodeText, NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode)
            ? new UnixListener(inode, Encoding.UTF8.GetString(line.TrimStart((byte)' ')))
            : null;
    }
}
