using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>
/// One System V IPC object of the looker's ipc namespace, sysvipc(7): a line of /proc/sysvipc/sem, msg or shm. Nothing shows who has it in use: anybody
/// with the key and the rights may.
/// </summary>
/// <param name="Kind">Semaphore set, message queue or shared memory.</param>
/// <param name="Id">What semop(2), msgrcv(2) and shmat(2) take.</param>
/// <param name="Key">As in ftok(3). 0 (IPC_PRIVATE): only who was told the id can find it, as a rule the makers' descendants.</param>
public sealed record SysvObject(SysvKind Kind, int Id, int Key)
{
    /// <summary>Number of semaphores of a set (nsems), messages in a queue (qnum), or attachments of a memory segment (nattch).</summary>
    public required ulong Count { get; init; }

    /// <summary>Bytes in a queue (cbytes), or size of a memory segment. 0 for semaphores.</summary>
    public ulong Bytes { get; init; }

    /// <summary>A memory segment that is to go with its last attachment: shmctl(2), IPC_RMID (SHM_DEST of perms). Semaphores and queues are gone at once.</summary>
    public bool Removed { get; init; }

    /// <summary>Who last sent to a queue (lspid), or made a memory segment (cpid), by the looker's pid namespace; 0: nobody, or not visible.</summary>
    public int FirstPid { get; init; }

    /// <summary>Who last received from a queue (lrpid), or last attached or detached a memory segment (lpid); 0: nobody, or not visible.</summary>
    public int SecondPid { get; init; }
}

[JsonConverter(typeof(KebabCase<SysvKind>))]
public enum SysvKind
{
    Semaphores,
    MessageQueue,
    SharedMemory,
}
