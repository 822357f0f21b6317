using System.Text;

namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/task/TID/wchan, proc_pid_wchan(5).</summary>
public static class WchanFile
{
    // do_wait          no newline
    // 0                running, no permission, or no symbol
    public static string? Parse(ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \n\0"u8);
        return text.IsEmpty || text.SequenceEqual("0"u8) ? null : Encoding.UTF8.GetString(text);
    }
}
