using System.Collections.Immutable;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>One look at a whole host. Not atomic: each process was read at its own moment between the start and the end of the look.</summary>
public sealed record Snapshot
{
    public required HostIdentity Host { get; init; }

    /// <summary>Wall clock at the start of the look, UTC.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>Time since boot (CLOCK_BOOTTIME) at the start of the look; the same scale as starttime and <see cref="ThreadRecord.LastRan"/>.</summary>
    public required TimeSpan Uptime { get; init; }

    /// <summary>Wall time that the look took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Pid of the looker itself: it is alive whatever its threads look like. 0 for none.</summary>
    public required int ObserverPid { get; init; }

    /// <summary>All processes that were still there when they were read, kernel threads left out, ascending by pid.</summary>
    public required ImmutableArray<ProcessRecord> Processes { get; init; }

    public required ReadCounts Reads { get; init; }

    /// <summary>Unix sockets that listen, in the looker's network namespace, as in /proc/net/unix.</summary>
    public ImmutableArray<UnixListener> UnixListeners { get; init; } = [];
}

/// <summary>A unix socket that listens: somebody may find the process that holds it by name.</summary>
/// <param name="Inode">The socket's inode, as in the fd links.</param>
/// <param name="Path">Its name; begins with @ where it is abstract.</param>
public readonly record struct UnixListener(ulong Inode, string Path);

/// <summary>What a look could not read, and how often.</summary>
/// <param name="Vanished">Processes and threads that were gone between being listed and being read: a race, no loss.</param>
/// <param name="FdTablesDenied">Processes whose fd table, or a link in it, may not be read (EACCES, EPERM).</param>
/// <param name="WaitsDenied">Threads whose blocked system call may not be read.</param>
/// <param name="Failed">Reads that failed in any other way.</param>
/// <param name="Abandoned">Processes of which a read blocked and had to be given up, now or at an earlier look since which it was not made again.</param>
public readonly record struct ReadCounts(int Vanished, int FdTablesDenied, int WaitsDenied, int Failed, int Abandoned = 0);
