using System.Collections.Immutable;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>One look at a whole host. Not atomic: each process was read at its own moment between the start and the end of the look.</summary>
public sealed record Snapshot
{
    /// <inheritdoc/>
    public override string ToString() => $"{Host.Name} at {TakenAt:O}";

    public required HostIdentity Host { get; init; }

    /// <summary>Wall clock at the start of the look, UTC.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>Time since boot (CLOCK_BOOTTIME) at the start of the look; the same scale as starttime and <see cref="ThreadRecord.LastRan"/>.</summary>
    public required TimeSpan Uptime { get; init; }

    /// <summary>Wall time that the look took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Pid of the looker itself: it is alive whatever its threads look like. 0 for none.</summary>
    public required int ObserverPid { get; init; }

    /// <summary>Children of the looker that it has not started: it is a subreaper, and they have lost their parents. Null: it does not know of any.</summary>
    public ImmutableArray<int>? AdoptedByObserver { get; init; }

    /// <summary>
    /// What the command that the looker runs had open when it was started, with inodes and the ids of eventfds; access modes are not told. Not null says as well that the
    /// looker is the subreaper of all that comes of the command. Null: it runs none.
    /// </summary>
    public ImmutableArray<FileDescriptor>? GivenToCommand { get; init; }

    /// <summary>Whether processes of other users are missing, and how many is not known: hidepid of proc(5), for a looker without CAP_SYS_PTRACE.</summary>
    public bool OthersUnlisted { get; init; }

    /// <summary>
    /// Whether there are processes that /proc does not list, outside the looker's pid namespace: it is not the first one. They may hold what was given to processes inside; what is below a process
    /// inside is inside too.
    /// </summary>
    public bool OutsideUnlisted { get; init; }

    /// <summary>All processes that were still there when they were read, kernel threads left out, ascending by pid.</summary>
    public required ImmutableArray<ProcessRecord> Processes { get; init; }

    public required ReadCounts Reads { get; init; }

    /// <summary>Unix sockets that listen, in the looker's network namespace, as in /proc/net/unix.</summary>
    public ImmutableArray<UnixListener> UnixListeners { get; init; } = [];

    /// <summary>Forks that the kernel told of since the look before, in their order. Empty also where nobody listened.</summary>
    public ImmutableArray<Birth> Births { get; init; } = [];

    /// <summary>
    /// Unix and TCP sockets of the looker's network namespace and of all others that a process was seen in, ascending by inode. A process whose
    /// <see cref="NamespaceSet.Net"/> is hidden may be in yet another one. Null: not asked.
    /// </summary>
    public ImmutableArray<SocketRecord>? Sockets { get; init; }

    /// <summary>Whether <see cref="Sockets"/> is all of them: not <see cref="Sight.Seen"/> where a table of one of these namespaces was denied, gone or cut. Null: not asked.</summary>
    public Sight? SocketSight { get; init; }

    /// <summary>All file locks, held and waited for, as in /proc/locks. Null: not asked, or not readable.</summary>
    public ImmutableArray<FileLock>? FileLocks { get; init; }

    /// <summary>System V objects of <see cref="IpcNamespace"/>. Null: not asked, or not readable.</summary>
    public ImmutableArray<SysvObject>? SysvObjects { get; init; }

    /// <summary>Shared memory in which suspects wait on futexes. Null: not asked, or there is none.</summary>
    public ImmutableArray<SharedObject>? SharedObjects { get; init; }

    /// <summary>The looker's own ipc namespace. Null: not asked, or not readable.</summary>
    public ulong? IpcNamespace { get; init; }

    /// <summary>The process with that pid, or null.</summary>
    public ProcessRecord? Find(int pid) => PlaceOf(pid) is var place && place >= 0 ? Processes[place] : null;

    /// <summary>Index in <see cref="Processes"/> of the process with that pid; negative: there is none.</summary>
    public int PlaceOf(int pid)
    {
        int low = 0, high = Processes.Length - 1;
        while (low <= high)
        {
            int middle = low + (high - low) / 2;
            int found = Processes[middle].Pid;
            if (found == pid)
                return middle;
            if (found < pid)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return -1;
    }
}

/// <summary>A fork of a process (no thread) between two looks: tells whose child it was, should both looks miss the parent.</summary>
/// <param name="Pid">The child.</param>
/// <param name="ParentPid">The process that forked it.</param>
/// <param name="ParentComm">comm of the parent. Null: not known.</param>
/// <param name="At">When, since boot (CLOCK_BOOTTIME): the scale of <see cref="Snapshot.Uptime"/>.</param>
/// <remarks>A capture leaves out what is null: hence the defaults.</remarks>
public sealed record Birth(int Pid, int ParentPid, string? ParentComm = null, TimeSpan At = default);

/// <summary>A unix socket that listens: somebody may find the process that holds it by name.</summary>
/// <param name="Inode">The socket's inode, as in the fd links.</param>
/// <param name="Path">Its name; begins with @ where it is abstract.</param>
public sealed record UnixListener(ulong Inode, string Path);

/// <summary>What a look could not read, and how often.</summary>
/// <param name="Vanished">Processes and threads that were gone between being listed and being read: a race, no loss.</param>
/// <param name="FdTablesDenied">Processes whose fd table, or a link in it, may not be read (EACCES, EPERM).</param>
/// <param name="WaitsDenied">Threads whose blocked system call may not be read.</param>
/// <param name="Failed">Reads that failed in any other way.</param>
/// <param name="Abandoned">Processes of which a read blocked and had to be given up, now or at an earlier look since which it was not made again.</param>
public readonly record struct ReadCounts(int Vanished, int FdTablesDenied, int WaitsDenied, int Failed, int Abandoned = 0);
