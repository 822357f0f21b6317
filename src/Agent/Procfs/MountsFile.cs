using System.Text;

namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/self/mounts, proc_pid_mounts(5).</summary>
public static class MountsFile
{
    // proc /proc proc rw,nosuid,nodev,noexec,relatime,hidepid=invisible 0 0
    /// <summary>
    /// Value of the option hidepid of the last proc mounted at /proc: a number, or a word since Linux 5.8. <c>off</c> where the option is not
    /// shown, null where nothing is mounted there that is called proc.
    /// </summary>
    public static string? HidePid(ReadOnlySpan<byte> text)
    {
        string? found = null;
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            Utf8Text.NextField(ref line, out _);
            Utf8Text.NextField(ref line, out ReadOnlySpan<byte> point);
            Utf8Text.NextField(ref line, out ReadOnlySpan<byte> type);
            Utf8Text.NextField(ref line, out ReadOnlySpan<byte> options);
            if (!point.SequenceEqual("/proc"u8) || !type.SequenceEqual("proc"u8))
                continue;
            const string Option = "hidepid=";
            found = Encoding.UTF8.GetString(options).Split(',').LastOrDefault(option => option.StartsWith(Option, StringComparison.Ordinal)) is { } hidden
                ? hidden[Option.Length..]
                : "off";
        }
        return found;
    }
}
