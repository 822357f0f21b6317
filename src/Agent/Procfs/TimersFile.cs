namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/timers, proc_pid_timers(5).</summary>
public static class TimersFile
{
    // ID: 1
    // signal: 60/00007fff86e452a8
    // notify: signal/pid.2634
    // ClockID: 0
    /// <summary>Whether a POSIX timer is listed.</summary>
    public static bool Parse(ReadOnlySpan<byte> text) => text.StartsWith("ID:"u8);
}
