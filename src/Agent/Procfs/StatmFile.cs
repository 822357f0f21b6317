using System.Buffers.Text;

namespace OrphanBoard.Agent.Procfs;

/// <summary>
/// /proc/PID/statm (proc_pid_statm(5)): sizes in pages, in the order size, resident, shared, text, lib, data, dt.
/// <code>
/// 5342 2113 1498 873 0 1021 0
/// </code>
/// </summary>
public static class StatmFile
{
    /// <param name="pages">Field 2: resident set size, in pages. The kernel counts per CPU and may be a few pages off.</param>
    public static bool TryParseResident(ReadOnlySpan<byte> text, out long pages)
    {
        pages = 0;
        return Utf8Parser.TryParse(text, out ulong _, out int used)
            && used < text.Length
            && text[used] == ' '
            && Utf8Parser.TryParse(text[(used + 1)..], out pages, out _)
            && pages >= 0;
    }
}
