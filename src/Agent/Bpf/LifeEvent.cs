using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Bpf;

/// <summary>A process was born, called execve(2) or ended; threads are left out.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct LifeEvent
{
    /// <summary>Place among all events since load, from 1.</summary>
    public readonly ulong Sequence;

    /// <summary>When, nanoseconds since boot.</summary>
    public readonly ulong TimeNs;

    /// <summary>When the process and its parent began, nanoseconds since boot: with the pid, which process it is.</summary>
    public readonly ulong StartBoottimeNs, ParentStartBoottimeNs;

    public readonly LifeEventKind Kind;
    public readonly int Pid;

    /// <summary>Its parent at that moment. At its own death: who gets to wait for it.</summary>
    public readonly int ParentPid;

    /// <summary>At its death, as in wait(2); else 0.</summary>
    public readonly int ExitStatus;

    private readonly CommBytes _comm, _parentComm;

    /// <summary>comm; after execve(2), the new one. At birth still its parent's.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Comm => _comm.BeforeNul;

    /// <summary>comm of the parent.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> ParentComm => _parentComm.BeforeNul;
}

public enum LifeEventKind
{
    Fork = 1,
    Exec,
    Exit,
}
