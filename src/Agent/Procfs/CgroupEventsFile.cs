namespace OrphanBoard.Agent.Procfs;

/// <summary>cgroup.events of a cgroup version 2, cgroups(7).</summary>
internal static class CgroupEventsFile
{
    // populated 1
    // frozen 0             since Linux 5.2; other keys are skipped on purpose
    /// <summary>Whether all processes of it are frozen; null where the line is missing.</summary>
    internal static bool? Frozen(ReadOnlySpan<byte> text)
    {
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (Utf8Text.TakeKey(line, "frozen "u8, out ReadOnlySpan<byte> value))
                return value.SequenceEqual("1"u8) ? true : value.SequenceEqual("0"u8) ? false : null;
        }
        return null;
    }
}
