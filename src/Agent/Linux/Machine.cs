using System.Runtime.InteropServices;
using System.Text;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>What the kernel says of itself: uname(2), sysconf(3), clock_gettime(2).</summary>
public static unsafe partial class Machine
{
    private const int NameLength = 65; // each member of struct utsname

    /// <summary>uname(2): nodename, release and machine.</summary>
    public static (string Name, string Release, string Architecture) Uname()
    {
        byte* names = stackalloc byte[NameLength * 6];
        if (uname(names) == -1)
            throw new LinuxException("uname(2)", Marshal.GetLastPInvokeError());
        return (Member(1), Member(2), Member(4));

        string Member(int index) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(names + index * NameLength));
    }

    /// <summary>sysconf(_SC_CLK_TCK): ticks per second of <c>starttime</c>.</summary>
    public static int ClockTicksPerSecond { get; } = (int)(long)sysconf(ClockTicks);

    /// <summary>CLOCK_BOOTTIME: since boot, time asleep included; the clock of <c>starttime</c>.</summary>
    public static TimeSpan SinceBoot => Clock(BootTimeClock, "CLOCK_BOOTTIME");

    /// <summary>CLOCK_MONOTONIC: since boot, time asleep left out; the clock of the kernel's events.</summary>
    public static TimeSpan SinceBootAwake => Clock(MonotonicClock, "CLOCK_MONOTONIC");

    private static TimeSpan Clock(int clock, string name)
    {
        long* time = stackalloc long[2]; // struct timespec
        return clock_gettime(clock, time) == -1
            ? throw new LinuxException($"clock_gettime({name})", Marshal.GetLastPInvokeError())
            : TimeSpan.FromTicks(time[0] * TimeSpan.TicksPerSecond + time[1] / TimeSpan.NanosecondsPerTick);
    }

    /// <summary>Whether the kernel tells the layout of its structures (CONFIG_DEBUG_INFO_BTF).</summary>
    public static bool HasTypeInformation => File.Exists("/sys/kernel/btf/vmlinux");

    private const int ClockTicks = 2; // _SC_CLK_TCK
    private const int MonotonicClock = 1, BootTimeClock = 7; // CLOCK_MONOTONIC, CLOCK_BOOTTIME

    [LibraryImport("libc", SetLastError = true)]
    private static partial int uname(byte* names);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, long* time);
}
