namespace OrphanBoard.Agent.Procfs;

/// <summary>The lines that are needed of /proc/PID/status and /proc/PID/task/TID/status, proc_pid_status(5).</summary>
/// <param name="Uid">Real user id: first number of <c>Uid:</c>.</param>
/// <param name="TracerPid">0 for none.</param>
/// <param name="NsPid">Last number of <c>NSpid:</c>, the pid in the innermost namespace; 0 where the line is missing (before Linux 4.1).</param>
/// <param name="SignalsIgnored"><c>SigIgn:</c>, bit n-1 is signal n.</param>
/// <param name="SignalsCaught"><c>SigCgt:</c>, bit n-1 is signal n.</param>
public readonly record struct StatusFile(uint Uid, int TracerPid, int NsPid, ulong SignalsIgnored, ulong SignalsCaught)
{
    /// <summary><c>ShdPnd:</c>, of the whole process.</summary>
    public ulong SignalsPending { get; init; }

    /// <summary><c>SigPnd:</c>, of the one thread; in a process's file, of its leader.</summary>
    public ulong ThreadSignalsPending { get; init; }

    /// <summary><c>SigBlk:</c>, of the one thread; in a process's file, of its leader.</summary>
    public ulong ThreadSignalsBlocked { get; init; }

    // Name:   cat
    // TracerPid:      0
    // Uid:    1000    1000    1000    1000        real, effective, saved, file system
    // NSpid:  6442    17                          outermost namespace first
    // SigPnd: 0000000000000000
    // ShdPnd: 0000000000002000
    // SigBlk: 0000000000010000
    // SigIgn: 0000000000001000
    // SigCgt: 0000000180014a07
    //
    // The kernel escapes newlines in Name, so no command name can forge a line. Other keys are skipped on purpose.
    public static bool TryParse(ReadOnlySpan<byte> text, out StatusFile status)
    {
        status = default;
        bool hasUid = false;
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (Utf8Text.TakeKey(line, "Uid:"u8, out ReadOnlySpan<byte> value) && Utf8Text.NextULong(ref value, out ulong uid))
            {
                status = status with { Uid = (uint)uid };
                hasUid = true;
            }
            else if (Utf8Text.TakeKey(line, "TracerPid:"u8, out value) && Utf8Text.NextInt(ref value, out int tracer))
                status = status with { TracerPid = tracer };
            else if (Utf8Text.TakeKey(line, "NSpid:"u8, out value))
            {
                while (Utf8Text.NextInt(ref value, out int pid))
                    status = status with { NsPid = pid };
            }
            else if (Utf8Text.TakeKey(line, "SigIgn:"u8, out value) && Utf8Text.NextHex(ref value, out ulong ignored))
                status = status with { SignalsIgnored = ignored };
            else if (Utf8Text.TakeKey(line, "SigCgt:"u8, out value) && Utf8Text.NextHex(ref value, out ulong caught))
                status = status with { SignalsCaught = caught };
            else if (Utf8Text.TakeKey(line, "ShdPnd:"u8, out value) && Utf8Text.NextHex(ref value, out ulong shared))
                status = status with { SignalsPending = shared };
            else if (Utf8Text.TakeKey(line, "SigPnd:"u8, out value) && Utf8Text.NextHex(ref value, out ulong pending))
                status = status with { ThreadSignalsPending = pending };
            else if (Utf8Text.TakeKey(line, "SigBlk:"u8, out value) && Utf8Text.NextHex(ref value, out ulong blocked))
                status = status with { ThreadSignalsBlocked = blocked };
        }
        return hasUid;
    }
}
