namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/task/TID/wchan, proc_pid_wchan(5).</summary>
public static class WchanFile
{
    // do_wait          no newline
    // 0                running, no permission, or no symbol
    /// <summary>The name; empty where there is none.</summary>
    public static ReadOnlySpan<byte> Parse(ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \n\0"u8);
        return text.SequenceEqual("0"u8) ? [] : text;
    }
}
