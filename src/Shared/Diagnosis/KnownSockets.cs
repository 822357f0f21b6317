using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// What is known of sockets by their inodes. The tables are read only at looks that have suspects; what they said that does not change as long as somebody
/// holds the socket holds for the looks after, so that whoever listens or speaks with a remote party is not suspected again and again.
/// </summary>
internal sealed class KnownSockets(HolderTable holders)
{
    /// <summary>How long it is believed that a socket which was in no table, or whose other end was not, is still none of those that could be: it may connect meanwhile.</summary>
    private static readonly TimeSpan Believed = TimeSpan.FromSeconds(60);

    /// <summary>The last that was read, how many looks ago, and when.</summary>
    private ImmutableArray<SocketRecord> _table = [];
    private int _looksSince;
    private TimeSpan _readAt, _now;

    /// <summary>What that table says of those that were asked for: looks without suspects ask for the same ones again and again.</summary>
    private readonly Dictionary<ulong, SocketFact> _judged = [];

    /// <summary>One more look.</summary>
    public void Advance(Snapshot look)
    {
        _now = look.Uptime;
        _looksSince++;
        if (look.Sockets is not { } table)
            return;
        (_table, _looksSince, _readAt) = (table, 0, _now);
        _judged.Clear();
    }

    /// <summary>The record in the last look's table; null where that look has none, or it is not among them.</summary>
    public SocketRecord? Find(ulong inode) => _looksSince == 0 ? InTable(inode) : null;

    /// <summary>The record in the last table that was read, however long ago: what sort of socket it is does not change.</summary>
    public SocketRecord? LatestOf(ulong inode) => InTable(inode);

    /// <summary>What the last look says, or earlier ones said that still holds.</summary>
    public SocketFact FactOf(ulong inode) =>
        holders.LooksHeld(inode) > _looksSince && Judge(inode) is var fact && (fact.Lasts || _now < _readAt + Believed) ? fact : default;

    /// <summary>Unix listeners of a network namespace whose queue is full: connect(2) waits for one of them, whatever its name.</summary>
    public IEnumerable<SocketRecord> FullListeners(ulong? netNamespace) => _looksSince > 0 ? [] : _table.Where(socket =>
        socket is { Family: SocketFamily.Unix, State: SocketState.Listening, ReceiveQueue: { } waiting, SendQueue: { } backlog } && waiting > backlog
        && socket.NetNamespace == netNamespace);

    private SocketFact Judge(ulong inode)
    {
        ref SocketFact fact = ref CollectionsMarshal.GetValueRefOrAddDefault(_judged, inode, out bool known);
        if (!known)
            fact = OfRecord(InTable(inode));
        return fact;
    }

    private SocketFact OfRecord(SocketRecord? record) => record switch
    {
        // Of another family (netlink, UDP, vsock), of a namespace that cannot be named, or TCP that is not connected yet.
        null => new SocketFact(SocketParty.Outside, Lasts: false),
        // Who has a name may be sent to by anybody, and the one at the other end reads all the same what it is sent.
        { Family: SocketFamily.Unix, Type: SocketType.Datagram, State: SocketState.Established, Peer: { } peer and not 0 } => new SocketFact(SocketParty.Local, Lasts: true) { Peer = peer },
        { Type: SocketType.Datagram } or { State: SocketState.Listening } => new SocketFact(SocketParty.Outside, Lasts: true),
        { State: SocketState.Closing, IsConnected: false } => new SocketFact(SocketParty.Outside, Lasts: false),
        { IsConnected: false } => default,
        { Peer: null, RemoteIsLocal: true } => new SocketFact(SocketParty.Outside, Lasts: false),
        { Peer: null } => new SocketFact(SocketParty.Outside, Lasts: true),
        { Peer: 0 } => default,
        { Peer: { } peer } socket => new SocketFact(SocketParty.Local, Lasts: true) { Peer = peer, Pair = IsUnnamed(socket) && InTable(peer) is { } other && IsUnnamed(other) },
    };

    private SocketRecord? InTable(ulong inode) => OrderedSearch.Find(_table, inode, static socket => socket.Inode);

    /// <summary>Inode of the listener in whose queue a connection lies: nobody has accepted it yet. Null: accepted, or not known.</summary>
    public ulong? QueueOf(FdTarget? connection) => connection is { Kind: FdKind.Socket } ? Find(connection.Id)?.PendingAt : null;

    private static bool IsUnnamed(SocketRecord socket) => socket is { Family: SocketFamily.Unix, Name: null };
}

/// <summary>What does not change of a socket that somebody holds.</summary>
/// <param name="Party">Who is at its other end.</param>
/// <param name="Lasts">Whether that holds for good; else it is to be asked again some time later.</param>
internal readonly record struct SocketFact(SocketParty Party, bool Lasts)
{
    /// <summary>Inode of the other end, for <see cref="SocketParty.Local"/>.</summary>
    public ulong Peer { get; init; }

    /// <summary>Neither end has a name: made by socketpair(2) and handed on by fork(2), like a pipe, and not by a client and a service that found each other by name.</summary>
    public bool Pair { get; init; }
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
