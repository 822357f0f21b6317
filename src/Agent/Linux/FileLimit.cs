using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Linux;

/// <summary>RLIMIT_NOFILE, getrlimit(2): how many files this process may have open.</summary>
public static unsafe partial class FileLimit
{
    private const int NumberOfFiles = 7; // RLIMIT_NOFILE

    /// <summary>Raises the soft limit to the hard one; gives what is in force then.</summary>
    public static long Raise()
    {
        ulong* limit = stackalloc ulong[2]; // struct rlimit { rlim_t rlim_cur; rlim_t rlim_max; }
        if (getrlimit(NumberOfFiles, limit) == -1)
            return 0;
        ulong soft = limit[0];
        limit[0] = limit[1];
        bool raised = setrlimit(NumberOfFiles, limit) == 0;
        return (long)Math.Min(raised ? limit[1] : soft, long.MaxValue);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, ulong* limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ulong* limit);
}
