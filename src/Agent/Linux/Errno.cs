using System.Runtime.InteropServices;
using OrphanBoard.Shared.Snapshots;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>errno(3) in words.</summary>
public static class Errno
{
    /// <summary>What the errno of a failed read of /proc says about the thing that was to be read.</summary>
    public static Sight ToSight(int error)
    {
        if (error == EACCES || error == EPERM)
            return Sight.Denied;
        // ESRCH: the directory is open, its process has been reaped. ENOENT: a thread, or an fd that was closed.
        if (error == ENOENT || error == ESRCH)
            return Sight.Gone;
        return Sight.Failed;
    }

    /// <summary>True where a call that returned <paramref name="result"/> was interrupted by a signal and is to be made again.</summary>
    internal static bool Interrupted(long result) => result == -1 && errno == EINTR;

    internal static Sight Last => ToSight(errno);
}

/// <summary>A file without which the agent cannot work. The message is one line: path and reason.</summary>
public sealed class LinuxException(string path, int error)
    : Exception($"{path}: {Marshal.GetPInvokeErrorMessage(error)}");
