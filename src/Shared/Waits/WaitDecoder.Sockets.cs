using System.Collections.Frozen;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>Calls on sockets.</summary>
public static partial class WaitDecoder
{
    // 4.x to 6.18. Unix streams, datagrams of any family, TCP (whose own function is left out of wchan since 4.4: wait_woken).
    private static readonly FrozenSet<string> SocketReadChannels = Names(
        "unix_stream_read_generic", "unix_stream_data_wait", "__skb_wait_for_more_packets", "wait_for_more_packets", "__skb_recv_datagram", "sk_wait_data", "wait_woken");
    private static readonly FrozenSet<string> SocketWriteChannels = Names(
        "sock_alloc_send_pskb", "sock_wait_for_wmem", "unix_wait_for_peer", "sk_stream_wait_memory", "wait_woken");
    private static readonly FrozenSet<string> SocketAcceptChannels = Names(
        "__skb_wait_for_more_packets", "wait_for_more_packets", "__skb_recv_datagram", "inet_csk_accept", "inet_csk_wait_for_connect");
    private static readonly FrozenSet<string> SocketConnectChannels = Names(
        "unix_wait_for_peer", "inet_stream_connect", "__inet_stream_connect", "inet_wait_for_connect", "wait_woken");

    // MSG_DONTWAIT of recv(2) and send(2)
    private const ulong DoNotWait = 0x40;

    // MSG_WAITALL of recv(2)
    private const ulong WaitForAll = 0x100;

    private static Wait OfSocket(ProcessRecord process, ThreadRecord thread, SystemCall call, WaitKind kind)
    {
        int fd = (int)thread.Call.Arguments[0];
        if (process.FindFd(fd) is not { Target.Kind: FdKind.Socket } entry)
            return Wait.Unknown($"fd {fd} of {SystemCallTable.NameOf(call)} is no socket that was seen", call);
        if (!Sleeps(thread, SocketChannels(kind)) || IsTold(thread, call))
            return Wait.Unknown($"{SystemCallTable.NameOf(call)} of fd {fd} ({entry.Target.Text}) in {thread.Wchan ?? "an unnamed wait channel"} is not decoded", call);
        return new Wait { Kind = kind, Bounded = BoundedOf(entry, kind), Call = call, Fd = fd, Target = entry.Target, WantsAll = TakesAll(thread, call) };
    }

    private static bool TakesAll(ThreadRecord thread, SystemCall call) => call switch
    {
        SystemCall.Recvfrom or SystemCall.Recvmmsg => (thread.Call.Arguments[3] & WaitForAll) != 0,
        SystemCall.Recvmsg => (thread.Call.Arguments[2] & WaitForAll) != 0,
        _ => false,
    };

    /// <summary>Whether its flags or its own timeout argument say that it does not wait, or not for ever.</summary>
    private static bool IsTold(ThreadRecord thread, SystemCall call) => call switch
    {
        SystemCall.Recvfrom or SystemCall.Sendto => (thread.Call.Arguments[3] & DoNotWait) != 0,
        SystemCall.Recvmsg or SystemCall.Sendmsg => (thread.Call.Arguments[2] & DoNotWait) != 0,
        SystemCall.Sendmmsg => (thread.Call.Arguments[3] & DoNotWait) != 0,
        SystemCall.Recvmmsg => (thread.Call.Arguments[3] & DoNotWait) != 0 || thread.Call.Arguments[4] != 0,
        _ => false,
    };

    private static FrozenSet<string> SocketChannels(WaitKind kind) => kind switch
    {
        WaitKind.SocketWrite => SocketWriteChannels,
        WaitKind.SocketAccept => SocketAcceptChannels,
        WaitKind.SocketConnect => SocketConnectChannels,
        _ => SocketReadChannels,
    };

    /// <summary>
    /// The timeouts of a socket and of a terminal show nowhere in /proc, and are asked of suspects only: not known is <see cref="Bounded.Unknown"/>. TCP gives up connecting by itself.
    /// </summary>
    private static Bounded BoundedOf(FileDescriptor socket, WaitKind kind) => socket.Timeouts switch
    {
        null => Bounded.Unknown,
        { TcpUser: not null } when kind == WaitKind.SocketConnect => Bounded.Yes,
        { TcpUser: { } user } when kind == WaitKind.SocketWrite && user > TimeSpan.Zero => Bounded.Yes,
        var timeouts => (kind is WaitKind.SocketWrite or WaitKind.SocketConnect ? timeouts.Send : timeouts.Receive) > TimeSpan.Zero ? Bounded.Yes : Bounded.No,
    };
}
