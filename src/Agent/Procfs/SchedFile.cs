using System.Buffers.Text;

namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/task/TID/sched; there with CONFIG_SCHED_DEBUG.</summary>
public static class SchedFile
{
    // cat (6442, #threads: 1)
    // -------------------------------------------------------------------
    // se.exec_start                                :       1410488.608110        ms since boot
    //
    // The command name is in the first line and may hold newlines; se.exec_start is looked for behind the dashes.
    /// <summary>When it last ran, since boot; null where the line is missing, or says 0: so the scheduler leaves who was moved to another CPU as it went to sleep, until it runs again.</summary>
    public static TimeSpan? Parse(ReadOnlySpan<byte> text)
    {
        int dashes = text.IndexOf("\n----------"u8);
        if (dashes < 0)
            return null;
        text = text[(dashes + 1)..];
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (!line.StartsWith("se.exec_start"u8))
                continue;
            ReadOnlySpan<byte> value = line[(line.IndexOf((byte)':') + 1)..].Trim((byte)' ');
            return Utf8Parser.TryParse(value, out decimal milliseconds, out int used) && used == value.Length && milliseconds is > 0 and < 1e12m
                ? TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond))
                : null;
        }
        return null;
    }
}
