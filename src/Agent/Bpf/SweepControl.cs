using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Bpf;

/// <summary>struct control of rows.h: what the agent tells the program, and what the program counts.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SweepControl
{
    /// <summary>Bits of <see cref="Wanted"/>.</summary>
    internal const int WantedBits = 65536;

    /// <summary>A <see cref="SweepMode"/>.</summary>
    internal uint Mode;

    /// <summary>Number of the pass, never 0.</summary>
    internal uint Pass;

    /// <summary>Processes with pid % <see cref="Slices"/> == this are written whole; none where <see cref="Slices"/> is 0.</summary>
    internal uint Slice;
    internal uint Slices;

    /// <summary>The key of identities and stack hashes, random per load.</summary>
    internal fixed ulong Key[3];

    /// <summary>Rows that there were to write, whether or not there was room.</summary>
    internal uint Pids, Processes, Tasks, Fds;

    /// <summary>Threads that were passed over because the kernel had no memory to remember them by.</summary>
    internal uint Forgotten;

    private readonly uint _levelKnown, _level, _padding;
    private readonly ulong _pidNamespace;

    /// <summary>Births since load.</summary>
    internal ulong Births;

    /// <summary>Bit pid % 65536: processes that are written whole in any case.</summary>
    internal fixed ulong Wanted[WantedBits / 64];
}
