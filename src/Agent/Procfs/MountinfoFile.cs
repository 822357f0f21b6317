using System.Globalization;
using System.Text;

namespace OrphanBoard.Agent.Procfs;

/// <summary>
/// /proc/PID/mountinfo, proc_pid_mountinfo(5): the mounts that a process sees.
/// <code>
/// 26 24 0:24 / /dev/pts rw,relatime shared:3 - devpts devpts rw,mode=600,ptmxmode=000
/// 41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
/// </code>
/// Mount id, parent, major:minor (decimal), root, mount point, options, any number of tags up to a dash, type, source, options. Blank, tab, newline and backslash
/// are escaped as three octal digits.
/// </summary>
internal static class MountinfoFile
{
    /// <summary>Adds the device of each mount, by its id; lines of another form are left out.</summary>
    internal static void Parse(ReadOnlySpan<byte> text, Dictionary<int, uint> devices)
    {
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (Utf8Text.NextInt(ref line, out int id) && Utf8Text.NextField(ref line, out _)
                && Utf8Text.NextField(ref line, out ReadOnlySpan<byte> device) && Device(device, out uint number))
                devices[id] = number;
        }
    }

    /// <summary>Where the cgroup version 2 hierarchy is mounted as a whole: the last such mount. Null: nowhere.</summary>
    internal static string? Cgroup2(ReadOnlySpan<byte> text)
    {
        string? found = null;
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            int tags = line.IndexOf(" - "u8);
            if (tags < 0 || !line[(tags + 3)..].StartsWith("cgroup2 "u8))
                continue;
            for (int column = 1; column <= 3; column++)
                Utf8Text.NextField(ref line, out _);
            if (Utf8Text.NextField(ref line, out ReadOnlySpan<byte> root) && root.SequenceEqual("/"u8) && Utf8Text.NextField(ref line, out ReadOnlySpan<byte> point))
                found = Unescaped(point);
        }
        return found;
    }

    /// <summary>Whether the last mount at a mount point is the whole of a tmpfs, and nothing is mounted below it: then each name that a file of it has is found there.</summary>
    internal static bool IsWholeTmpfs(ReadOnlySpan<byte> text, ReadOnlySpan<byte> mountPoint)
    {
        bool whole = false;
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            int tags = line.IndexOf(" - "u8);
            bool tmpfs = tags >= 0 && line[(tags + 3)..].StartsWith("tmpfs "u8);
            for (int column = 1; column <= 3; column++)
                Utf8Text.NextField(ref line, out _);
            if (!Utf8Text.NextField(ref line, out ReadOnlySpan<byte> root) || !Utf8Text.NextField(ref line, out ReadOnlySpan<byte> point) || !point.StartsWith(mountPoint))
                continue;
            if (point.Length == mountPoint.Length)
                whole = tmpfs && root.SequenceEqual("/"u8);
            else if (point[mountPoint.Length] == '/')
                return false;
        }
        return whole;
    }

    private static bool Device(ReadOnlySpan<byte> text, out uint device)
    {
        device = 0;
        int colon = text.IndexOf((byte)':');
        if (colon < 0 || !uint.TryParse(text[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out uint major)
            || !uint.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out uint minor))
            return false;
        device = DeviceNumber.Of(major, minor);
        return true;
    }

    private static string Unescaped(ReadOnlySpan<byte> text)
    {
        byte[] bytes = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool escaped = text[i] == '\\' && i + 3 < text.Length && text.Slice(i + 1, 3).IndexOfAnyExceptInRange((byte)'0', (byte)'7') < 0;
            bytes[length++] = escaped ? (byte)((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | text[i + 3] - '0') : text[i];
            if (escaped)
                i += 3;
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
