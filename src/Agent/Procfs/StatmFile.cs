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

    // 34 1 0 0 0 34 0               between the old program and the new one: a stack, and no text yet
    // 0 0 0 0 0 0 0                 a zombie, a kernel thread
    /// <summary>
    /// Whether it has memory and no program text: what execve(2) shows from the moment that it takes the old memory away until the new program is
    /// mapped. It closes files meanwhile, and holds exec_update_lock.
    /// </summary>
    public static bool IsBetweenPrograms(ReadOnlySpan<byte> text) =>
        Utf8Text.NextULong(ref text, out ulong size)
        && Utf8Text.NextULong(ref text, out _)
        && Utf8Text.NextULong(ref text, out _)
        && Utf8Text.NextULong(ref text, out ulong program)
        && size > 0
        && program == 0;
}
