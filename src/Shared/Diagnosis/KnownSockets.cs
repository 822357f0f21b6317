using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// What is known of sockets by their inodes. The tables are read only at looks that have suspects; what they said that does not change as long as somebody
/// holds the socket is kept for the looks after, so that whoever listens or speaks with a remote party is not suspected again and again.
/// </summary>
internal sealed class KnownSockets
{
    /// <summary>How long it is believed that a socket which was in no table, or whose other end was not, is still none of those that could be: it may connect meanwhile.</summary>
    private static readonly TimeSpan Believed = TimeSpan.FromSeconds(60);

    private readonly Dictionary<ulong, SocketFact> _facts = [];
    private ImmutableArray<SocketRecord>? _table;
    private TimeSpan _now;

    /// <summary>One more look, and who holds what at it.</summary>
    public void Advance(Snapshot look, HolderTable holders)
    {
        _table = look.Sockets;
        _now = look.Uptime;
        if (_table is null)
        {
            foreach ((FdKind kind, ulong id) in holders.Freed)
            {
                if (kind == FdKind.Socket)
                    _facts.Remove(id);
            }
            return;
        }
        _facts.Clear();
        foreach ((FdKind kind, ulong id) in holders.Objects)
        {
            if (kind == FdKind.Socket && Judge(id) is { Party: not SocketParty.NotKnown } fact)
                _facts[id] = fact;
        }
    }

    /// <summary>The record in the last look's table; null where that look has none, or it is not among them.</summary>
    public SocketRecord? Find(ulong inode)
    {
        if (_table is not { } table)
            return null;
        int low = 0, high = table.Length - 1;
        while (low <= high)
        {
            int middle = low + (high - low) / 2;
            ulong found = table[middle].Inode;
            if (found == inode)
                return table[middle];
            if (found < inode)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return null;
    }

    /// <summary>What the last look says, or earlier ones said that still holds.</summary>
    public SocketFact FactOf(ulong inode) => _facts.TryGetValue(inode, out SocketFact fact) && (fact.Until is null || _now < fact.Until) ? fact : default;

    /// <summary>Unix listeners of a network namespace whose queue is full: connect(2) waits for one of them, whatever its name.</summary>
    public IEnumerable<SocketRecord> FullListeners(ulong? netNamespace) => _table is not { } table ? [] : table.Where(socket =>
        socket is { Family: SocketFamily.Unix, State: SocketState.Listening, ReceiveQueue: { } waiting, SendQueue: { } backlog } && waiting > backlog
        && socket.NetNamespace == netNamespace);

    /// <summary>Inode of the listener in whose queue a connection lies: nobody has accepted it yet. Null: accepted, or not known.</summary>
    public ulong? QueueOf(FdTarget? connection) => connection is { Kind: FdKind.Socket } ? Find(connection.Id)?.PendingAt : null;

    private SocketFact Judge(ulong inode)
    {
        TimeSpan until = _now + Believed;
        return Find(inode) switch
        {
            // Of another family (netlink, UDP, vsock), of a namespace that cannot be named, or TCP that is not connected yet.
            null => new SocketFact(SocketParty.Outside) { Until = until },
            // Who has a name may be sent to by anybody, and the one at the other end reads all the same what it is sent.
            { Family: SocketFamily.Unix, Type: SocketType.Datagram, State: SocketState.Established, Peer: { } peer and not 0 } => new SocketFact(SocketParty.Local) { Peer = peer },
            { Type: SocketType.Datagram } or { State: SocketState.Listening } => new SocketFact(SocketParty.Outside),
            { State: SocketState.Closing } => new SocketFact(SocketParty.Outside) { Until = until },
            { State: not SocketState.Established } => default,
            { Peer: null, RemoteIsLocal: true } => new SocketFact(SocketParty.Outside) { Until = until },
            { Peer: null } => new SocketFact(SocketParty.Outside),
            { Peer: 0 } => default,
            { Peer: { } peer } socket => new SocketFact(SocketParty.Local) { Peer = peer, Pair = IsUnnamed(socket) && Find(peer) is { } other && IsUnnamed(other) },
        };
    }

    private static bool IsUnnamed(SocketRecord socket) => socket is { Family: SocketFamily.Unix, Name: null };
}

/// <summary>What does not change of a socket that somebody holds.</summary>
internal readonly record struct SocketFact(SocketParty Party)
{
    /// <summary>Inode of the other end, for <see cref="SocketParty.Local"/>.</summary>
    public ulong Peer { get; init; }

    /// <summary>Neither end has a name: made by socketpair(2) and handed on by fork(2), like a pipe, and not by a client and a service that found each other by name.</summary>
    public bool Pair { get; init; }

    /// <summary>To be asked again after that, since boot; null: holds for good.</summary>
    public TimeSpan? Until { get; init; }
}

internal enum SocketParty
{
    /// <summary>Not asked yet, or in a state that does not last.</summary>
    NotKnown,

    /// <summary>Connected, with its other end on this host.</summary>
    Local,

    /// <summary>It listens, takes datagrams, speaks with a remote party, or cannot be told.</summary>
    Outside,
}
