using System.Collections.Immutable;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>A line of /proc/PID/maps, of the mapping that a futex word lies in.</summary>
/// <param name="Shared">Mapped with MAP_SHARED: <c>s</c> in the fourth place of its permissions.</param>
/// <param name="Device">Device of the object, <c>major &lt;&lt; 20 | minor</c>.</param>
/// <param name="Inode">Inode of the object; with <paramref name="Device"/> it names it. 0: memory without one.</param>
public sealed record FutexMapping(bool Shared, uint Device, ulong Inode);

/// <summary>What processes share memory through, and who does, where a suspect waits on a futex in it.</summary>
/// <param name="Device">As in <see cref="FutexMapping"/>.</param>
/// <param name="Inode">As in <see cref="FutexMapping"/>.</param>
/// <param name="Name">As maps shows it: <c>/dev/zero (deleted)</c> for anonymous shared memory, <c>/memfd:x (deleted)</c>. A file that maps shows by a name that is gone, and that has another one in /dev/shm, by that.</param>
/// <param name="Linked">It has a name that anybody may open, or a key or number by which anybody may attach it: who has it mapped is asked only where several suspects of one program have, else there are no mappers.</param>
/// <param name="Mappers">Pids of those who have it mapped, ascending.</param>
/// <param name="Unknown">Pids of those whose mappings could not be read, of all who may have it: of anonymous memory only who was forked from the same program.</param>
public sealed record SharedObject(uint Device, ulong Inode, string Name, bool Linked, ImmutableArray<int> Mappers, ImmutableArray<int> Unknown)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(SharedObject);

    /// <summary>How maps names memory of MAP_SHARED | MAP_ANONYMOUS.</summary>
    public const string Anonymous = "/dev/zero (deleted)";

    /// <summary>
    /// How maps names System V memory that was made without a key (IPC_PRIVATE): by its key at that time. Whether it was removed since (shmctl(2), IPC_RMID) shows in
    /// <see cref="SysvObject.Removed"/> alone.
    /// </summary>
    public const string Keyless = "/SYSV00000000 (deleted)";

    private const string Deleted = " (deleted)", SystemV = "/SYSV", MemoryFile = "/memfd:", Semaphore = "/dev/shm/sem.";

    /// <summary>Which memory it is, in a sentence.</summary>
    public string Words
    {
        get
        {
            string name = Name.EndsWith(Deleted, StringComparison.Ordinal) ? Name[..^Deleted.Length] : Name;
            return Name switch
            {
                Anonymous => "anonymous memory that processes share",
                // The inode of a segment is its shmid, as ipcs(1) lists it.
                _ when name.StartsWith(SystemV, StringComparison.Ordinal) => $"System V segment {Inode}",
                _ when name.StartsWith(MemoryFile, StringComparison.Ordinal) => $"the shared memory memfd:{name[MemoryFile.Length..]}",
                _ when name.StartsWith(Semaphore, StringComparison.Ordinal) => name.Length == Name.Length
                    ? $"the POSIX semaphore {name}"
                    : $"the POSIX semaphore (sem_overview(7); those of Python's multiprocessing are such) that was {name}, {(Linked ? "and has another name now" : "which is unlinked")}",
                _ when name.Length == Name.Length => $"the shared memory {name}",
                // A named semaphore is made under another name, and then linked to its own.
                _ => $"the shared memory that was {name}, {(Linked ? "and has another name now" : "which is unlinked")}",
            };
        }
    }
}
