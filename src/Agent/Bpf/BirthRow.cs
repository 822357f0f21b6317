using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Bpf;

/// <summary>A process was born; threads are left out.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct BirthRow
{
    /// <summary>Place among all births since load, from 1.</summary>
    public readonly ulong Sequence;

    /// <summary>When, nanoseconds since boot.</summary>
    public readonly ulong TimeNs;

    public readonly int Pid;

    /// <summary>Its parent at that moment.</summary>
    public readonly int ParentPid;

    private readonly CommBytes _parentComm;

    /// <summary>comm of the parent.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> ParentComm => _parentComm.BeforeNul;
}
