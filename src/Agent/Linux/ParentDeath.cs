using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>prctl(PR_SET_PDEATHSIG): the kernel sends SIGTERM when the parent exits, however it exits.</summary>
public static partial class ParentDeath
{
    /// <summary>
    /// Asks for SIGTERM at the parent's death. False: the parent is gone already. The wish belongs to the calling thread, so call
    /// it on one that lives as long as the program.
    /// </summary>
    /// <param name="parent">Who the parent is meant to be.</param>
    public static bool Ask(int parent)
    {
        const int SetParentDeathSignal = 1, Terminate = 15;
        if (prctl(SetParentDeathSignal, Terminate, 0, 0, 0) == -1)
            throw new LinuxException("prctl(PR_SET_PDEATHSIG)", Marshal.GetLastPInvokeError());
        // A parent that died before the call sends nothing: the new ppid tells.
        return Parent == parent;
    }

    /// <summary>Asks for SIGKILL at the death of the thread that started this process, and names it in <c>comm</c>. A parent that is gone already sends nothing.</summary>
    /// <param name="name">At most 15 bytes.</param>
    internal static unsafe void EndWithParent(ReadOnlySpan<byte> name)
    {
        const int SetParentDeathSignal = 1, SetName = 15, Kill = 9;
        byte* comm = stackalloc byte[16];
        name.CopyTo(new Span<byte>(comm, 15));
        _ = prctl(SetParentDeathSignal, Kill, 0, 0, 0);
        _ = prctl(SetName, (nuint)comm, 0, 0, 0);
    }

    public static int Parent => getppid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
}
