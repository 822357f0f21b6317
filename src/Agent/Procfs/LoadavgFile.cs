namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/loadavg, proc_loadavg(5).</summary>
/// <param name="Tasks">Threads of the whole machine, the kernel's own and what is exited and not waited for among them.</param>
/// <param name="LastPid">The pid or tid that was given out last in the reader's pid namespace.</param>
internal readonly record struct LoadavgFile(int Tasks, int LastPid)
{
    // 0.20 0.18 0.12 1/80 11206         load of 1, 5 and 15 minutes, runnable/tasks, last pid
    internal static LoadavgFile? Parse(ReadOnlySpan<byte> text)
    {
        for (int load = 0; load < 3; load++)
        {
            if (!Utf8Text.NextField(ref text, out _))
                return null;
        }
        if (!Utf8Text.NextField(ref text, out ReadOnlySpan<byte> tasks) || tasks.IndexOf((byte)'/') is not (>= 0 and var slash))
            return null;
        tasks = tasks[(slash + 1)..];
        return Utf8Text.NextInt(ref tasks, out int all) && Utf8Text.NextInt(ref text, out int last) ? new LoadavgFile(all, last) : null;
    }
}
