namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/smaps, proc_pid_smaps(5): the lines of <see cref="MapsFile"/>, each followed by what there is of that mapping.</summary>
internal static class SmapsFile
{
    /// <summary>Takes the next mapping off. False at the end.</summary>
    /// <param name="ownKb">Memory of its own, which no file has, kB: <c>Anonymous:</c>. Null: not told.</param>
    internal static bool Next(ref ReadOnlySpan<byte> text, out MapsFile.Line line, out ulong? ownKb)
    {
        ownKb = null;
        if (!MapsFile.Next(ref text, out line))
            return false;
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> rest) && !rest.StartsWith("VmFlags:"u8))
        {
            if (Utf8Text.TakeKey(rest, "Anonymous:"u8, out ReadOnlySpan<byte> value) && Utf8Text.NextULong(ref value, out ulong kb))
                ownKb = kb;
        }
        return true;
    }
}
