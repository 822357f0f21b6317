using System.Net;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Finds the other end of TCP connections within one network namespace: the socket whose addresses are the same, swapped.</summary>
internal static class TcpConnections
{
    /// <summary>Adds a record for each socket that has an inode.</summary>
    /// <param name="sockets">All TCP sockets of the namespace, of both families.</param>
    internal static void Join(List<TcpSocket> sockets, ulong? netNamespace, List<SocketRecord> records)
    {
        var ends = new Dictionary<(IPEndPoint Local, IPEndPoint Remote), TcpSocket>();
        var listeners = new Dictionary<int, List<TcpSocket>>();
        foreach (TcpSocket socket in sockets)
        {
            if (socket.State != SocketState.Listening)
                ends[(Plain(socket.Local), Plain(socket.Remote))] = socket;
            else if (listeners.TryGetValue(socket.Local.Port, out List<TcpSocket>? others))
                others.Add(socket);
            else
                listeners[socket.Local.Port] = [socket];
        }
        foreach (TcpSocket socket in sockets)
        {
            if (socket.Inode == 0)
                continue;
            var record = new SocketRecord(socket.Inode, socket.Family, SocketType.Stream, socket.State, netNamespace)
            {
                Local = socket.Local.ToString(),
                ReceiveQueue = socket.ReceiveQueue,
                SendQueue = socket.SendQueue,
                Shutdown = socket.Shutdown,
            };
            records.Add(socket.State is SocketState.Listening or SocketState.Closed ? record with { Peer = 0 } : Connected(record, socket, ends, listeners));
        }
    }

    private static SocketRecord Connected(
        SocketRecord record, TcpSocket socket, Dictionary<(IPEndPoint, IPEndPoint), TcpSocket> ends, Dictionary<int, List<TcpSocket>> listeners)
    {
        IPEndPoint local = Plain(socket.Local), remote = Plain(socket.Remote);
        record = record with { Remote = socket.Remote.ToString(), RemoteIsLocal = IPAddress.IsLoopback(remote.Address) || remote.Address.Equals(local.Address) };
        // Without it the peer is not known: it may be elsewhere, or behind a translated address, or have come or gone while the table was read.
        if (!ends.TryGetValue((remote, local), out TcpSocket? peer))
            return record;
        record = record with { Peer = peer.Inode };
        // An end without a process is in the queue of a listener, or it was closed and says its last word.
        return peer.MayBeAccepted && listeners.TryGetValue(remote.Port, out List<TcpSocket>? candidates) && ListenerFor(candidates, remote.Address) is { } listener
            ? record with { PendingAt = listener.Inode }
            : record;
    }

    /// <summary>One that listens at the very address comes before one that listens at any. Null: none, or several that share the port (SO_REUSEPORT).</summary>
    private static TcpSocket? ListenerFor(List<TcpSocket> candidates, IPAddress address)
    {
        TcpSocket[] exact = [.. candidates.Where(candidate => Plain(candidate.Local).Address.Equals(address))];
        TcpSocket[] fitting = exact.Length > 0 ? exact : [.. candidates.Where(candidate => candidate.Local.Address.Equals(IPAddress.Any) || candidate.Local.Address.Equals(IPAddress.IPv6Any))];
        return fitting is [{ Inode: > 0 } one] ? one : null;
    }

    /// <summary>An IPv6 socket that speaks IPv4 has its address mapped.</summary>
    private static IPEndPoint Plain(IPEndPoint address) =>
        address.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(address.Address.MapToIPv4(), address.Port) : address;
}
