using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Tables of the whole host, which cost too much for a look at which nobody is suspect: sockets, file locks, System V objects.</summary>
internal sealed class HostTables(DirectoryHandle proc, NamespaceReader namespaces, SocketReader sockets)
{
    private readonly ReadBuffer _buffer = new(limit: 16 * 1024 * 1024);

    /// <summary>The look with all of them.</summary>
    internal Snapshot AddTo(Snapshot look)
    {
        (ImmutableArray<SocketRecord> found, Sight sight) = sockets.Read(look.Processes);
        return look with
        {
            Sockets = found,
            SocketSight = sight,
            FileLocks = proc.ReadTable("locks"u8, _buffer, out ReadOnlySpan<byte> text) == Sight.Seen ? LocksFile.Parse(text) : null,
            SysvObjects = SysvObjects(),
            IpcNamespace = namespaces.Link(proc, null, "self/ns/ipc"u8),
        };
    }

    private ImmutableArray<SysvObject>? SysvObjects()
    {
        ImmutableArray<SysvObject>.Builder objects = ImmutableArray.CreateBuilder<SysvObject>();
        return Add("sysvipc/sem"u8, SysvKind.Semaphores, objects) && Add("sysvipc/msg"u8, SysvKind.MessageQueue, objects) && Add("sysvipc/shm"u8, SysvKind.SharedMemory, objects)
            ? objects.ToImmutable()
            : null;
    }

    private bool Add(ReadOnlySpan<byte> file, SysvKind kind, ImmutableArray<SysvObject>.Builder objects)
    {
        if (proc.ReadTable(file, _buffer, out ReadOnlySpan<byte> text) != Sight.Seen)
            return false;
        SysvipcFile.Parse(text, kind, objects);
        return true;
    }
}
