using System.Text;

namespace OrphanBoard.Agent.Procfs;

/// <summary>
/// /proc/PID/maps, proc_pid_maps(5): what a process has mapped.
/// <code>
/// 7ff067aa2000-7ff067aa3000 rw-s 00000000 00:01 172129                     /dev/zero (deleted)
/// </code>
/// Range (hexadecimal, the end not in it), permissions, offset, device (hexadecimal), inode, name to the end of the line.
/// </summary>
internal static class MapsFile
{
    /// <param name="writable">PROT_WRITE.</param>
    /// <param name="shared">MAP_SHARED.</param>
    /// <param name="device">As <see cref="DeviceNumber"/> packs it.</param>
    internal readonly ref struct Line(ulong begin, ulong end, bool writable, bool shared, uint device, ulong inode, ReadOnlySpan<byte> name)
    {
        internal ulong Begin => begin;

        /// <summary>Bytes.</summary>
        internal ulong Size => end - begin;

        internal bool Has(ulong address) => address >= begin && address < end;

        internal bool Writable => writable;

        internal bool Shared => shared;

        internal uint Device => device;

        internal ulong Inode => inode;

        private readonly ReadOnlySpan<byte> _name = name;

        internal string Name => Encoding.UTF8.GetString(_name);
    }

    /// <summary>Takes the next line off; one of another form is left out. False at the end.</summary>
    internal static bool Next(ref ReadOnlySpan<byte> text, out Line line)
    {
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> rest))
        {
            if (TryParse(rest, out line))
                return true;
        }
        line = default;
        return false;
    }

    private static bool TryParse(ReadOnlySpan<byte> rest, out Line line)
    {
        line = default;
        if (!Utf8Text.NextField(ref rest, out ReadOnlySpan<byte> range) || !Pair(range, (byte)'-', out ulong begin, out ulong end)
            || !Utf8Text.NextField(ref rest, out ReadOnlySpan<byte> permissions) || permissions.Length != 4
            || !Utf8Text.NextField(ref rest, out _)
            || !Utf8Text.NextField(ref rest, out ReadOnlySpan<byte> device) || !Pair(device, (byte)':', out ulong major, out ulong minor)
            || !Utf8Text.NextULong(ref rest, out ulong inode))
            return false;
        line = new Line(begin, end, permissions[1] == (byte)'w', permissions[3] == (byte)'s', DeviceNumber.Of((uint)major, (uint)minor), inode, rest.TrimStart((byte)' '));
        return true;
    }

    private static bool Pair(ReadOnlySpan<byte> field, byte between, out ulong one, out ulong other)
    {
        one = other = 0;
        int at = field.IndexOf(between);
        if (at < 0)
            return false;
        ReadOnlySpan<byte> left = field[..at], right = field[(at + 1)..];
        return Utf8Text.NextHex(ref left, out one) && Utf8Text.NextHex(ref right, out other);
    }
}
