using System.Text;

namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/cgroup, cgroups(7).</summary>
public static class CgroupFile
{
    // 4:memory:/user.slice          hierarchy:controllers:path (version 1)
    // 0::/user.slice/session-3      version 2, always hierarchy 0
    /// <summary>Path of the version 2 line, or of the first one; null where there is none.</summary>
    public static string? Parse(ReadOnlySpan<byte> text)
    {
        string? first = null;
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (line.StartsWith("0::"u8))
                return Encoding.UTF8.GetString(line[3..]);
            int path = line.IndexOf(":/"u8);
            if (first is null && path >= 0)
                first = Encoding.UTF8.GetString(line[(path + 1)..]);
        }
        return first;
    }
}
