using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Linux;

/// <summary>signal(2), raise(3): to end by a signal as one ends that does not catch it.</summary>
internal static partial class OwnDeath
{
    /// <summary>Does not return, unless the signal is blocked.</summary>
    internal static void Of(int number)
    {
        _ = signal(number, 0); // SIG_DFL
        _ = raise(number);
    }

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    private static partial int raise(int number);
}
