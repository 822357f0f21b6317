using System.Text;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/cgroup, cgroups(7).</summary>
public static class CgroupFile
{
    // 4:memory:/user.slice          hierarchy:controllers:path (version 1)
    // 0::/user.slice/session-3      version 2, always hierarchy 0
    /// <summary>Path of the version 2 line, or of the first one, as part of <paramref name="text"/>; empty where there is none.</summary>
    public static ReadOnlySpan<byte> Path(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> first = default;
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (line.StartsWith("0::"u8))
                return line[3..];
            int path = line.IndexOf(":/"u8);
            if (first.IsEmpty && path >= 0)
                first = line[(path + 1)..];
        }
        return first;
    }

    /// <summary>The container that any of the paths names: a host with both versions keeps it in version 1, where <see cref="Path"/> does not look.</summary>
    public static string? Container(ReadOnlySpan<byte> text)
    {
        string? found = null;
        while (found is null && Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            int path = line.IndexOf(":/"u8);
            // Most hosts have one line, "0::/user.slice/...", and no name of 64 digits in it.
            if (path >= 0 && (line.Length - path > 64 || line.IndexOf("lxc"u8) >= 0))
                found = ContainerId.Of(Encoding.UTF8.GetString(line[(path + 1)..]));
        }
        return found;
    }
}
