using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Where a socket leads, as the tables of a look say.</summary>
/// <param name="Record">The socket.</param>
/// <param name="Peers">Who holds its other end, or the listener that has not accepted it yet.</param>
internal sealed record SocketEnd(SocketRecord Record, ImmutableArray<Waker> Peers)
{
    public bool Listens => Record.State == SocketState.Listening;

    /// <summary>Address of the other end where that is not on this host; null elsewhere.</summary>
    public string? Away => Record is { Remote: { } remote, Peer: null, PendingAt: null, RemoteIsLocal: false } && !Listens ? remote : null;

    /// <summary>Name or address that others find it by; null: it has none.</summary>
    public string? Address => Record.Name ?? Record.Local;
}

/// <summary>Looks sockets up by inode.</summary>
internal sealed class SocketEnds(ResourceIndex resources)
{
    private Dictionary<ulong, SocketRecord>? _byInode;

    /// <summary>Null: no socket, or one that no table shows.</summary>
    public SocketEnd? Of(FdTarget? target)
    {
        if (target is not { Kind: FdKind.Socket })
            return null;
        if (_byInode is null)
        {
            _byInode = [];
            foreach (SocketRecord socket in resources.Look.Sockets ?? [])
                _byInode[socket.Inode] = socket;
        }
        if (!_byInode.TryGetValue(target.Id, out SocketRecord? record))
            return null;
        ulong other = record.Peer is { } peer and not 0 ? peer : record.PendingAt ?? 0;
        return new SocketEnd(record, other == 0 ? [] : [.. HoldersOf(other)]);
    }

    private IEnumerable<Waker> HoldersOf(ulong inode) =>
        resources.HoldersOf(new FdTarget(FdKind.Socket, inode, $"socket:[{inode}]")).Select(holder => new Waker(holder.Process, holder.Fd, Direct: true));
}
