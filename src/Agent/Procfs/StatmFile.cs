namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/statm, proc_pid_statm(5). It is there without any lock.</summary>
public static class StatmFile
{
    // 1247 412 356 9 0 117 0        size resident shared text lib data dt, pages
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
