using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Linux;

/// <summary>prctl(PR_SET_CHILD_SUBREAPER): whoever below this process loses its parent becomes its child, and not init's.</summary>
internal static partial class ChildSubreaper
{
    /// <exception cref="LinuxException">The kernel does not know it (before 3.4).</exception>
    internal static void Become()
    {
        const int SetChildSubreaper = 36;
        if (prctl(SetChildSubreaper, 1, 0, 0, 0) == -1)
            throw new LinuxException("prctl(PR_SET_CHILD_SUBREAPER)", Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
}
