using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>
/// One file lock, held or waited for: a line of /proc/locks (proc_locks(5)) or a <c>lock:</c> line of fdinfo, which has the same form. fdinfo shows the locks
/// that are held through its open file description (flock, OFD, lease) or by its process on that file (POSIX).
/// </summary>
/// <param name="Group">The number at the line's start: a held lock and those who wait for it (lines with <c>-></c>) have the same. Means nothing in fdinfo.</param>
/// <param name="Waits">Whether this one is waited for.</param>
/// <param name="Kind">Which call takes such locks.</param>
/// <param name="Access">READ (shared) or WRITE (exclusive).</param>
/// <param name="Pid">
/// Who took it, which need not be who holds it: an inherited flock lives on with whoever has the description. -1 for OFD locks; 0 where the taker is dead or
/// in a pid namespace that the looker cannot see.
/// </param>
/// <param name="Device">Device of the file system, <c>major &lt;&lt; 20 | minor</c>, as everywhere in a snapshot.</param>
/// <param name="Inode">Inode of the file. 0 with device 0: the kernel shows none.</param>
/// <param name="Start">First byte of the range.</param>
/// <param name="End">Last byte of the range; <see cref="long.MaxValue"/> for EOF.</param>
public sealed record FileLock(int Group, bool Waits, LockKind Kind, LockAccess Access, int Pid, uint Device, ulong Inode, long Start, long End);

[JsonConverter(typeof(KebabCase<LockKind>))]
public enum LockKind
{
    /// <summary>flock(2): belongs to the open file description.</summary>
    Flock,

    /// <summary>fcntl(2) F_SETLK: belongs to the process (its fd table).</summary>
    Posix,

    /// <summary>fcntl(2) F_OFD_SETLK: belongs to the open file description.</summary>
    Ofd,

    /// <summary>fcntl(2) F_SETLEASE, and delegations: the holder is told when somebody opens the file.</summary>
    Lease,
}

[JsonConverter(typeof(KebabCase<LockAccess>))]
public enum LockAccess
{
    /// <summary>Shared.</summary>
    Read,

    /// <summary>Exclusive.</summary>
    Write,

    /// <summary>A lease that is being given up.</summary>
    Unlocked,
}
