using System.Net;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Procfs;

/// <summary>One TCP socket as the kernel lists it, in sock_diag(7) or in /proc/net/tcp.</summary>
/// <param name="Inode">0: no process has it, as before accept(2) and after close(2).</param>
/// <param name="Family">Of the socket: an IPv6 socket may be connected to an IPv4 one, and then has mapped addresses.</param>
/// <param name="TcpState">include/net/tcp_states.h: 1 ESTABLISHED .. 12 NEW_SYN_RECV.</param>
/// <param name="Local">Its own address.</param>
/// <param name="Remote">Where it is connected to; all zero where it is not.</param>
/// <param name="ReceiveQueue">Bytes that can be read; of a listener, connections that can be accepted.</param>
/// <param name="SendQueue">Bytes not yet acknowledged; of a listener, its backlog.</param>
internal sealed record TcpSocket(
    ulong Inode, SocketFamily Family, byte TcpState, IPEndPoint Local, IPEndPoint Remote, uint ReceiveQueue, uint SendQueue)
{
    internal SocketState State => TcpState switch
    {
        1 => SocketState.Established,
        2 or 3 or 12 => SocketState.Connecting,
        7 => SocketState.Closed,
        10 => SocketState.Listening,
        _ => SocketState.Closing,
    };

    /// <summary>As <see cref="SocketRecord.Shutdown"/>: in FIN_WAIT1 and FIN_WAIT2 it writes no more, in CLOSE_WAIT the other end does not, and in the rest of the closing states neither. Null: no such state.</summary>
    internal byte? Shutdown => State != SocketState.Closing ? null : TcpState switch
    {
        4 or 5 => 2,
        8 => 1,
        _ => 3,
    };

    /// <summary>Whether it is in the queue of a listener, if no process has it: who closes one lets it say its last word, which leads out of these states.</summary>
    internal bool MayBeAccepted => Inode == 0 && (State is SocketState.Established or SocketState.Connecting || Shutdown == 1);
}
