using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>
/// One socket of a network namespace: sock_diag(7) for the looker's own, /proc/PID/net/unix, tcp and tcp6 of one of its processes for every other.
/// </summary>
/// <param name="Inode">As in the fd links, <c>socket:[4711]</c>. Never 0: a socket that no process has taken yet is no record of its own.</param>
/// <param name="Family">Address family.</param>
/// <param name="Type">Type, as in socket(2).</param>
/// <param name="State">State of the connection.</param>
/// <param name="NetNamespace">Inode number of the network namespace that it was found in; null where that could not be read.</param>
public sealed record SocketRecord(ulong Inode, SocketFamily Family, SocketType Type, SocketState State, ulong? NetNamespace = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Type} {Inode}";

    /// <summary>
    /// Inode of the other end: UNIX_DIAG_PEER, or for TCP the socket of the same namespace with both addresses swapped. 0: there is none that a process
    /// holds (not connected, closed, or not yet accepted: see <see cref="PendingAt"/>). Null: not known, as for unix sockets of other namespaces and for
    /// TCP connections that lead out of the namespace.
    /// </summary>
    public ulong? Peer { get; init; }

    /// <summary>Inode of the listener that has not yet accepted this connection: whoever holds that one could. Null: accepted, or not known.</summary>
    public ulong? PendingAt { get; init; }

    /// <summary>Name of a unix socket, beginning with @ where it is abstract. Null: it has none.</summary>
    public string? Name { get; init; }

    /// <summary>Local address of a TCP socket, <c>127.0.0.1:80</c> or <c>[::1]:80</c>. Null for unix sockets.</summary>
    public string? Local { get; init; }

    /// <summary>Remote address of a TCP socket; null for unix sockets and listeners.</summary>
    public string? Remote { get; init; }

    /// <summary>Whether <see cref="Remote"/> is an address of the same host seen from inside the namespace: loopback, or equal to the local one.</summary>
    public bool RemoteIsLocal { get; init; }

    /// <summary>Bytes that can be read; of a listener: connections that can be accepted. Null: not known.</summary>
    public uint? ReceiveQueue { get; init; }

    /// <summary>Bytes sent and not yet taken by the other end; of a listener: its backlog. Null: not known.</summary>
    public uint? SendQueue { get; init; }

    /// <summary>
    /// UNIX_DIAG_SHUTDOWN: bit 0 no more reads, bit 1 no more writes (shutdown(2), or the other end is closed). Of TCP, by its state: who has said its last word writes no more, and who was told so reads no more.
    /// Null: not known.
    /// </summary>
    public byte? Shutdown { get; init; }

    /// <summary>Whether something can still come or go over it: both ways, or one of the two that are told apart by <see cref="Shutdown"/>.</summary>
    [JsonIgnore]
    public bool IsConnected => State == SocketState.Established || State == SocketState.Closing && Shutdown is 1 or 2;
}

/// <summary>Address families that a local party can be at the other end of.</summary>
[JsonConverter(typeof(KebabCase<SocketFamily>))]
public enum SocketFamily
{
    Unix,

    /// <summary>TCP over IPv4.</summary>
    Inet,

    /// <summary>TCP over IPv6.</summary>
    Inet6,
}

/// <summary>As in socket(2).</summary>
[JsonConverter(typeof(KebabCase<SocketType>))]
public enum SocketType
{
    Stream,
    Datagram,
    SeqPacket,
}

/// <summary>States of TCP (include/net/tcp_states.h), which unix sockets borrow, as far as they are told apart here.</summary>
[JsonConverter(typeof(KebabCase<SocketState>))]
public enum SocketState
{
    Established,
    Listening,

    /// <summary>SYN_SENT, SYN_RECV, or a unix socket that connects.</summary>
    Connecting,

    /// <summary>FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING, TIME_WAIT: one or both ends have said their last word.</summary>
    Closing,

    /// <summary>CLOSE: not connected. A datagram socket is always so, or established where it has a default peer.</summary>
    Closed,
}
