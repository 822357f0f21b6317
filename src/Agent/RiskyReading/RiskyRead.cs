using System.Runtime.InteropServices;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.RiskyReading;

/// <summary>What is read. The numbers are the helper's wire format; agent and helper are one program, so they may change.</summary>
internal enum RiskyReadKind
{
    /// <summary>/proc/PID/cmdline. Waits for the memory lock.</summary>
    Cmdline = 1,

    /// <summary>/proc/PID/environ. Waits for the memory lock and for an execve to end.</summary>
    Environ,

    /// <summary>/proc/PID/maps. Waits for the memory lock (since Linux 6.17 seldom) and for an execve to end.</summary>
    Maps,

    /// <summary>/proc/PID/stat. On kernels that check ptrace access under exec_update_lock it waits for an execve to end.</summary>
    Stat,

    /// <summary>/proc/PID/syscall. Waits for an execve to end.</summary>
    Syscall,

    /// <summary>/proc/PID/wchan. Waits as <see cref="Stat"/> does.</summary>
    Wchan,

    /// <summary>/proc/PID/fdinfo/FD of an epoll. Waits for the epoll's mutex, which epoll_ctl(2) holds while it asks a file for its state.</summary>
    Fdinfo,

    /// <summary>process_vm_readv(2). Waits for the memory lock, for an execve to end, and for whoever serves the page (FUSE, NFS, userfaultfd).</summary>
    Memory,

    /// <summary>kcmp(2), KCMP_VM. Waits for an execve to end. One byte: 0 equal, 1 less, 2 greater.</summary>
    CompareMemory,

    /// <summary>kcmp(2), KCMP_FILES: fd tables. As <see cref="CompareMemory"/>.</summary>
    CompareTables,

    /// <summary>How many names the open file has (st_nlink), four bytes. A stat of what /proc/PID/fd/FD leads to: it asks the file system, and one of a dead server does not answer.</summary>
    Links,

    /// <summary>The same of a mapped file, by /proc/PID/map_files, which only CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE may follow.</summary>
    MappedLinks,
}

/// <summary>
/// One read that may block on its target. It goes by number, so the answer is of the process that has that pid at that moment: whoever takes it checks
/// afterwards, through the directory that it keeps open, that starttime is what it was (a pid is not given away before its process is reaped).
/// </summary>
/// <param name="Kind">What is read.</param>
/// <param name="Pid">Process.</param>
/// <param name="Tid">Reads task/TID/... ; 0: the process's own file. For memory: the thread by which it is named.</param>
/// <param name="Length">Bytes that are wanted at most, up to <see cref="MaxLength"/>. Memory: all of it or nothing.</param>
/// <param name="Argument">Memory: address. Fdinfo, Links: the fd. CompareMemory, CompareTables: the other pid. MappedLinks: where the mapping begins.</param>
/// <param name="End">MappedLinks: where the mapping ends.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RiskyRead(RiskyReadKind Kind, int Pid, int Tid, int Length, ulong Argument, ulong End = 0)
{
    internal const int Size = 32, MaxLength = 512 * 1024;

    /// <summary>What it may wait for. Two reads that wait for the same are given up as one.</summary>
    internal TargetLock Lock => Kind switch
    {
        RiskyReadKind.Fdinfo => TargetLock.Epoll,
        RiskyReadKind.Links or RiskyReadKind.MappedLinks => TargetLock.File,
        RiskyReadKind.Stat or RiskyReadKind.Syscall or RiskyReadKind.Wchan or RiskyReadKind.CompareMemory or RiskyReadKind.CompareTables => TargetLock.Exec,
        _ => TargetLock.Memory,
    };
}

internal enum TargetLock
{
    /// <summary>mmap_lock, or a page of its memory.</summary>
    Memory,

    /// <summary>exec_update_lock: an execve that does not come to its end.</summary>
    Exec,

    /// <summary>The mutex of an epoll.</summary>
    Epoll,

    /// <summary>Whoever serves the file system of a file that it has open or mapped.</summary>
    File,
}

internal readonly record struct BlockedTarget(ProcessKey Process, TargetLock Lock);
