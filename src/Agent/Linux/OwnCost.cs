using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Linux;

/// <summary>CPU time that this program has used, by clock_gettime(2) and getrusage(2): user and system together.</summary>
public static unsafe partial class OwnCost
{
    private const int ProcessClock = 2, ThreadClock = 3; // CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID
    private const int Children = -1; // RUSAGE_CHILDREN
    private const int UsageLongs = 18; // struct rusage: ru_utime, ru_stime (two longs each) and 14 longs

    /// <summary>Of this process, of its children that have ended and were waited for, and of <paramref name="helpers"/>, children that run.</summary>
    /// <param name="helpers">Pids; one that is gone counts for nothing.</param>
    public static TimeSpan Cpu(ReadOnlySpan<int> helpers) => CpuWithoutChildren(helpers) + OfChildrenThatEnded();

    private static TimeSpan OfThoseThatRun(ReadOnlySpan<int> helpers)
    {
        TimeSpan all = TimeSpan.Zero;
        long* time = stackalloc long[2]; // struct timespec
        foreach (int pid in helpers)
        {
            if (clock_gettime(ProcessClockOf(pid), time) == 0)
                all += Span(time[0], time[1]);
        }
        return all;
    }

    /// <summary>Of this process and of <paramref name="helpers"/>: for one whose other children are not its own work.</summary>
    /// <param name="helpers">As above.</param>
    public static TimeSpan CpuWithoutChildren(ReadOnlySpan<int> helpers) => Read(ProcessClock, "CLOCK_PROCESS_CPUTIME_ID") + OfThoseThatRun(helpers);

    /// <summary>Of the calling thread alone.</summary>
    public static TimeSpan ThreadCpu => Read(ThreadClock, "CLOCK_THREAD_CPUTIME_ID");

    /// <summary>The clock of another process, as clock_getcpuclockid(3) makes it: CPUCLOCK_SCHED is 2.</summary>
    private static int ProcessClockOf(int pid) => (~pid << 3) | 2;

    private static TimeSpan Read(int clock, string name)
    {
        long* time = stackalloc long[2]; // struct timespec
        return clock_gettime(clock, time) == -1
            ? throw new LinuxException($"clock_gettime({name})", Marshal.GetLastPInvokeError())
            : Span(time[0], time[1]);
    }

    private static TimeSpan OfChildrenThatEnded()
    {
        long* usage = stackalloc long[UsageLongs];
        return getrusage(Children, usage) == -1
            ? throw new LinuxException("getrusage(RUSAGE_CHILDREN)", Marshal.GetLastPInvokeError())
            : Span(usage[0] + usage[2], (usage[1] + usage[3]) * 1000);
    }

    private static TimeSpan Span(long seconds, long nanoseconds) =>
        TimeSpan.FromTicks(seconds * TimeSpan.TicksPerSecond + nanoseconds / TimeSpan.NanosecondsPerTick);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, long* time);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrusage(int who, long* usage);
}
