using System.Runtime.InteropServices;

namespace OrphanBoard.Bench.Measuring;

/// <summary>CPU time, user and system together, milliseconds.</summary>
internal static partial class Cpu
{
    /// <summary>What <paramref name="action"/> costs this process, all its threads included.</summary>
    internal static double MsOf(Action action)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
    }

    /// <summary>Of all children that were waited for, and of theirs: getrusage(RUSAGE_CHILDREN), exact to the microsecond.</summary>
    internal static double MsOfEndedChildren()
    {
        const int Children = -1;
        if (getrusage(Children, out ResourceUsage usage) != 0)
            throw new InvalidOperationException("getrusage(RUSAGE_CHILDREN) failed");
        return (usage.UserSeconds + usage.SystemSeconds) * 1e3 + (usage.UserMicroseconds + usage.SystemMicroseconds) / 1e3;
    }

    [LibraryImport("libc")]
    private static partial int getrusage(int who, out ResourceUsage usage);

    /// <summary>struct rusage of getrusage(2), 64 bit: two timevals and fourteen longs.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct ResourceUsage
    {
        internal long UserSeconds, UserMicroseconds, SystemSeconds, SystemMicroseconds;
    }
}
