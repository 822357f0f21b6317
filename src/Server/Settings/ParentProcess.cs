using System.Runtime.InteropServices;

namespace OrphanBoard.Server.Settings;

/// <summary>Ends this process with the one that started it: no server is left behind.</summary>
public static partial class ParentProcess
{
    private const int PrSetPDeathSig = 1;
    private const int SigTerm = 15;

    /// <summary>
    /// Asks for SIGTERM at the parent's death. PR_SET_PDEATHSIG belongs to the calling thread, so this must be the main thread, which lives as long as the process (prctl(2)).
    /// </summary>
    /// <param name="expected">Pid of the parent, 0: whoever it is now.</param>
    /// <returns>False: the parent is gone already.</returns>
    public static bool FollowToTheEnd(int expected)
    {
        int before = getppid();
        _ = prctl(PrSetPDeathSig, SigTerm, 0, 0, 0);

        // It may have died before the signal was asked for.
        return getppid() == (expected == 0 ? before : expected);
    }

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint arg2, nuint arg3, nuint arg4, nuint arg5);

    [LibraryImport("libc")]
    private static partial int getppid();
}
