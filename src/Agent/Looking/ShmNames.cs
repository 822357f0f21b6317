using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Whether a file of /dev/shm, where named semaphores and shared memory of shm_open(3) are, has a name: by the inode numbers of all that is there. For those who may not ask
/// the file itself.
/// </summary>
/// <param name="proc">This host's; null where another /proc is read.</param>
internal sealed class ShmNames(DirectoryHandle? proc, ReadBuffer buffer)
{
    private const string Folder = "/dev/shm";

    /// <summary>Entries that are looked at; with more nothing is claimed.</summary>
    private const int MaxEntries = 10_000;

    /// <summary>Null: it is on another file system, or not all names could be seen.</summary>
    /// <param name="device">Of the file.</param>
    /// <param name="inode">Of the file.</param>
    /// <param name="path">The name that it has now, if it was seen.</param>
    internal bool? Has(uint device, ulong inode, out string? path)
    {
        path = null;
        if (proc is null || proc.ReadTable("self/mountinfo"u8, buffer, out ReadOnlySpan<byte> mounts) != Sight.Seen || !MountinfoFile.IsWholeTmpfs(mounts, "/dev/shm"u8))
            return null;
        using DirectoryHandle? folder = DirectoryHandle.TryOpen(Folder);
        int most = MaxEntries;
        bool? has = folder?.IsOn(device) == true ? folder.Names(inode, ref most, out path) : null;
        path = path is null ? null : $"{Folder}/{path}";
        return has;
    }
}
