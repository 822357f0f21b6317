namespace OrphanBoard.Agent.Procfs;

/// <summary>
/// /proc/PID/stat and /proc/PID/task/TID/stat, proc_pid_stat(5). Field numbers and names are the man page's. Points into the text: valid as long
/// as that is.
/// </summary>
public readonly ref struct StatFile
{
    /// <summary>(1) pid, or the tid in a thread's file.</summary>
    public int Pid { get; private init; }

    /// <summary>(2) comm: at most 15 bytes, any but NUL.</summary>
    public ReadOnlySpan<byte> Comm { get; private init; }

    /// <summary>(3) state: R S D T t Z X I.</summary>
    public char State { get; private init; }

    /// <summary>(4) ppid.</summary>
    public int Ppid { get; private init; }

    /// <summary>(5) pgrp.</summary>
    public int Pgrp { get; private init; }

    /// <summary>(6) session.</summary>
    public int Session { get; private init; }

    /// <summary>(7) tty_nr.</summary>
    public int TtyNr { get; private init; }

    /// <summary>(8) tpgid: the foreground process group of the controlling terminal, -1 without one.</summary>
    public int Tpgid { get; private init; }

    /// <summary>(9) flags: the PF_ bits of the kernel.</summary>
    public uint Flags { get; private init; }

    /// <summary>(14) utime + (15) stime, clock ticks; of the whole group in a process's file.</summary>
    public ulong CpuTicks { get; private init; }

    /// <summary>(20) num_threads; 0 for a zombie.</summary>
    public int NumThreads { get; private init; }

    /// <summary>(22) starttime, clock ticks since boot.</summary>
    public ulong StartTimeTicks { get; private init; }

    /// <summary>(38) exit_signal, as <see cref="ExitSignalOf"/> tells it.</summary>
    public int? ExitSignal { get; private init; }

    /// <summary>(52) exit_code: while the group is stopped (state T), the signal that stopped it. 0 where it may not be read.</summary>
    public int ExitCode { get; private init; }

    /// <summary>PF_KTHREAD: a thread of the kernel, no user process.</summary>
    public bool IsKernelThread => (Flags & 0x00200000) != 0;

    /// <summary>Exited as a whole. A dead leader with living threads is shown as Z too, but it is no zombie yet.</summary>
    public bool IsZombie => State is 'Z' or 'X' && NumThreads <= 1;

    // 6441 (cat) R 6439 6439 4632 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 141067 3133440 413 ...
    // 7 (a) R 1 () S 1 7 7 ...          a command that is called "a) R 1 ("
    //
    // comm is not escaped: only the last ')' ends it. No field after it can hold one.
    public static bool TryParse(ReadOnlySpan<byte> text, out StatFile stat)
    {
        stat = default;
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
            || !Utf8Text.NextInt(ref rest, out int tpgid)
            || !Utf8Text.NextULong(ref rest, out ulong flags)
            || !Skip(ref rest, 4) // (10) minflt .. (13) cmajflt
            || !Utf8Text.NextULong(ref rest, out ulong utime)
            || !Utf8Text.NextULong(ref rest, out ulong stime)
            || !Skip(ref rest, 4) // (16) cutime .. (19) nice
            || !Utf8Text.NextInt(ref rest, out int numThreads)
            || !Skip(ref rest, 1) // (21) itrealvalue
            || !Utf8Text.NextULong(ref rest, out ulong startTime))
            return false;
        // Behind addresses, masks and counters; a line that is cut before them says nothing of either.
        int exitSignal = Skip(ref rest, 15) && Utf8Text.NextInt(ref rest, out int signal) ? signal : 0;
        int exitCode = Skip(ref rest, 13) && Utf8Text.NextInt(ref rest, out int code) ? code : 0;
        stat = new StatFile
        {
            Pid = pid,
            Comm = text[(open + 1)..close],
            State = (char)state[0],
            Ppid = ppid,
            Pgrp = pgrp,
            Session = session,
            TtyNr = ttyNr,
            Tpgid = tpgid,
            Flags = (uint)flags,
            CpuTicks = utime + stime,
            NumThreads = numThreads,
            StartTimeTicks = startTime,
            ExitSignal = ExitSignalOf(exitSignal),
            ExitCode = exitCode,
        };
        return true;
    }

    /// <summary>The signal that the parent is sent at the end, where it is another than SIGCHLD; null for that, and for none (0, and -1 of a thread).</summary>
    public static int? ExitSignalOf(int signal) => signal is > 0 and <= 64 and not 17 ? signal : null;

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
