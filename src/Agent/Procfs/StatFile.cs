using System.Text;

namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/stat and /proc/PID/task/TID/stat, proc_pid_stat(5). Field numbers and names are the man page's.</summary>
/// <param name="Pid">(1) pid, or the tid in a thread's file.</param>
/// <param name="Comm">(2) comm: at most 15 bytes, any but NUL; bytes that are no UTF-8 become U+FFFD.</param>
/// <param name="State">(3) state: R S D T t Z X I.</param>
/// <param name="Ppid">(4) ppid.</param>
/// <param name="Pgrp">(5) pgrp.</param>
/// <param name="Session">(6) session.</param>
/// <param name="TtyNr">(7) tty_nr.</param>
/// <param name="Flags">(9) flags: the PF_ bits of the kernel.</param>
/// <param name="CpuTicks">(14) utime + (15) stime, clock ticks; of the whole group in a process's file.</param>
/// <param name="NumThreads">(20) num_threads; 0 for a zombie.</param>
/// <param name="StartTimeTicks">(22) starttime, clock ticks since boot.</param>
public sealed record StatFile(
    int Pid,
    string Comm,
    char State,
    int Ppid,
    int Pgrp,
    int Session,
    int TtyNr,
    uint Flags,
    ulong CpuTicks,
    int NumThreads,
    ulong StartTimeTicks)
{
    /// <summary>PF_KTHREAD: a thread of the kernel, no user process.</summary>
    public bool IsKernelThread => (Flags & 0x00200000) != 0;

    // 6441 (cat) R 6439 6439 4632 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 141067 3133440 413 ...
    // 7 (a) R 1 () S 1 7 7 ...          a command that is called "a) R 1 ("
    //
    // comm is not escaped: only the last ')' ends it. No field after it can hold one.
    public static bool TryParse(ReadOnlySpan<byte> text, out StatFile? stat)
    {
        stat = null;
        int open = text.IndexOf((byte)'(');
        int close = text.LastIndexOf((byte)')');
        if (open < 0 || close < open)
            return false;
        ReadOnlySpan<byte> head = text[..open];
        ReadOnlySpan<byte> rest = text[(close + 1)..];
        if (!Utf8Text.NextInt(ref head, out int pid)
            || !Utf8Text.NextField(ref rest, out ReadOnlySpan<byte> state) || state.Length != 1
            || !Utf8Text.NextInt(ref rest, out int ppid)
            || !Utf8Text.NextInt(ref rest, out int pgrp)
            || !Utf8Text.NextInt(ref rest, out int session)
            || !Utf8Text.NextInt(ref rest, out int ttyNr)
            || !Skip(ref rest, 1) // (8) tpgid
            || !Utf8Text.NextULong(ref rest, out ulong flags)
            || !Skip(ref rest, 4) // (10) minflt .. (13) cmajflt
            || !Utf8Text.NextULong(ref rest, out ulong utime)
            || !Utf8Text.NextULong(ref rest, out ulong stime)
            || !Skip(ref rest, 4) // (16) cutime .. (19) nice
            || !Utf8Text.NextInt(ref rest, out int numThreads)
            || !Skip(ref rest, 1) // (21) itrealvalue
            || !Utf8Text.NextULong(ref rest, out ulong startTime))
            return false;
        stat = new StatFile(
            pid,
            Encoding.UTF8.GetString(text[(open + 1)..close]),
            (char)state[0],
            ppid,
            pgrp,
            session,
            ttyNr,
            (uint)flags,
            utime + stime,
            numThreads,
            startTime);
        return true;
    }

    private static bool Skip(ref ReadOnlySpan<byte> rest, int fields)
    {
        while (fields-- > 0)
        {
            if (!Utf8Text.NextField(ref rest, out _))
                return false;
        }
        return true;
    }
}
