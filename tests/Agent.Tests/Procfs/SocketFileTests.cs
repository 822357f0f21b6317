using System.Net;
using System.Text;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Procfs;

/// <summary>/proc/PID/net/tcp, tcp6 and unix.</summary>
public class SocketFileTests
{
    private const string TcpHeading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n";

    [Fact]
    public void NetTcp_RealLines_GiveAddressesQueuesAndInode()
    {
        List<TcpSocket> sockets = Tcp(TcpHeading
            + "   0: 00000000:07E8 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 1603 1 0000000051dc93a4 100 0 0 10 0                      \n"
            + "   1: 0100007F:1F90 0201A8C0:D431 01 00000010:0000002A 01:00000014 00000000  1000        0 4294967295 2 0000000051dc93a4 20 4 30 10 -1\n");

        Assert.Equal(
        [
            new TcpSocket(1603, SocketFamily.Inet, 10, IPEndPoint.Parse("0.0.0.0:2024"), IPEndPoint.Parse("0.0.0.0:0"), 3, 0),
            new TcpSocket(4294967295, SocketFamily.Inet, 1, IPEndPoint.Parse("127.0.0.1:8080"), IPEndPoint.Parse("192.168.1.2:54321"), 0x2a, 0x10),
        ], sockets);
        Assert.Equal(SocketState.Listening, sockets[0].State);
    }

    [Fact]
    public void NetTcp6_RealLine_GivesTheAddressInOrder() => Assert.Equal(
        (IPEndPoint.Parse("[::1]:8080"), IPEndPoint.Parse("[2001:db8::1]:443"), SocketFamily.Inet6),
        Tcp("   0: 00000000000000000000000001000000:1F90 B80D0120000000000000000001000000:01BB 01 00000000:00000000 00:00000000 00000000     0        0 77 1 0 20\n")
            .Select(socket => (socket.Local, socket.Remote, socket.Family)).Single());

    [Theory]
    [InlineData("")]
    [InlineData("garbage\n\n  \n:\n")]
    [InlineData("   0: 0100007F:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0\n")] // no inode
    [InlineData("   0: 0100007F:07E8 00000000:0000 0D 00000000:00000000 00:00000000 00000000     0        0 1\n")] // no such state
    [InlineData("   0: 0100007F07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1\n")]
    [InlineData("   0: 0100007G:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1\n")]
    [InlineData("   0: 0100007F:07E8 00000000:0000 0A 00000000:0000 00:00000000 00000000     0        0 1\n")]
    [InlineData("   0: 0100007F:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 18446744073709551616\n")]
    public void NetTcp_AnythingElse_IsLeftOut(string text) => Assert.Empty(Tcp(text));

    [Fact]
    public void NetUnix_RealLines_GiveTypeStateAndName()
    {
        List<SocketRecord> sockets = Unix("""
            Num       RefCount Protocol Flags    Type St Inode Path
            0000000019579935: 00000002 00000000 00010000 0001 01 40193 /tmp/server socket
            000000001ddd024c: 00000003 00000000 00000000 0001 03  1600
            000000001ddd024d: 00000002 00000000 00000000 0002 01  1601 @/org/name@@
            000000001ddd024e: 00000002 00000000 00000000 0005 02     0 @embryo

            """);

        Assert.Equal(
        [
            new SocketRecord(40193, SocketFamily.Unix, SocketType.Stream, SocketState.Listening, 9) { Name = "/tmp/server socket" },
            new SocketRecord(1600, SocketFamily.Unix, SocketType.Stream, SocketState.Established, 9),
            new SocketRecord(1601, SocketFamily.Unix, SocketType.Datagram, SocketState.Closed, 9) { Name = "@/org/name" },
        ], sockets);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b c d e f g\n")]
    [InlineData("0: 00000002 00000000 00010000 0009 01 40193 /type\n")]
    [InlineData("0: 00000002 00000000 0001000g 0001 01 40193 /flags\n")]
    [InlineData("0: 00000002 00000000 00010000 0001 01 -1 /inode\n")]
    [InlineData("0: 00000002 00000000 00010000 0001\n")]
    public void NetUnix_AnythingElse_IsLeftOut(string text) => Assert.Empty(Unix(text));

    [Fact]
    public void Join_MappedAddress_FindsTheOtherFamily()
    {
        SocketRecord[] records = Joined(
            new TcpSocket(1, SocketFamily.Inet6, 1, IPEndPoint.Parse("[::ffff:127.0.0.1]:80"), IPEndPoint.Parse("[::ffff:127.0.0.1]:4000"), 0, 0),
            new TcpSocket(2, SocketFamily.Inet, 1, IPEndPoint.Parse("127.0.0.1:4000"), IPEndPoint.Parse("127.0.0.1:80"), 0, 0));

        Assert.Equal((2UL, 1UL), (records[0].Peer!.Value, records[1].Peer!.Value));
        Assert.True(records[0].RemoteIsLocal);
    }

    [Fact]
    public void Join_RemoteThatIsNotInTheTable_IsUnknownAndNotNone()
    {
        SocketRecord[] records = Joined(
            new TcpSocket(1, SocketFamily.Inet, 1, IPEndPoint.Parse("10.0.0.1:4000"), IPEndPoint.Parse("10.0.0.2:80"), 0, 0),
            new TcpSocket(2, SocketFamily.Inet, 1, IPEndPoint.Parse("127.0.0.1:4000"), IPEndPoint.Parse("127.0.0.1:80"), 0, 0));

        Assert.All(records, record => Assert.Null(record.Peer));
        Assert.Equal([false, true], records.Select(record => record.RemoteIsLocal));
    }

    [Theory]
    [InlineData("127.0.0.1:80", null, 9UL)]
    [InlineData("0.0.0.0:80", null, 9UL)]
    [InlineData("[::]:80", null, 9UL)]
    [InlineData("127.0.0.2:80", null, null)] // listens elsewhere
    [InlineData("127.0.0.1:80", "127.0.0.1:80", null)] // two share the port: which one has it is not told
    [InlineData("127.0.0.1:80", "0.0.0.0:80", 9UL)] // the more special one
    public void Join_ConnectionThatNobodyAccepted_NamesItsListener(string listener, string? other, ulong? expected)
    {
        TcpSocket[] sockets =
        [
            new TcpSocket(1, SocketFamily.Inet, 1, IPEndPoint.Parse("127.0.0.1:4000"), IPEndPoint.Parse("127.0.0.1:80"), 0, 0),
            new TcpSocket(0, SocketFamily.Inet, 1, IPEndPoint.Parse("127.0.0.1:80"), IPEndPoint.Parse("127.0.0.1:4000"), 0, 0),
            new TcpSocket(9, SocketFamily.Inet, 10, IPEndPoint.Parse(listener), IPEndPoint.Parse("0.0.0.0:0"), 1, 5),
            .. other is null ? Array.Empty<TcpSocket>() : [new TcpSocket(10, SocketFamily.Inet, 10, IPEndPoint.Parse(other), IPEndPoint.Parse("0.0.0.0:0"), 0, 5)],
        ];

        SocketRecord client = Joined(sockets)[0];

        Assert.Equal((0UL, expected), (client.Peer!.Value, client.PendingAt));
    }

    [Theory]
    [InlineData(1, SocketState.Established, null)]
    [InlineData(4, SocketState.Closing, 2)] // FIN_WAIT1
    [InlineData(5, SocketState.Closing, 2)] // FIN_WAIT2
    [InlineData(8, SocketState.Closing, 1)] // CLOSE_WAIT
    [InlineData(9, SocketState.Closing, 3)] // LAST_ACK
    [InlineData(11, SocketState.Closing, 3)] // CLOSING
    public void Join_State_TellsWhichHalfIsShutDown(byte state, SocketState expected, int? shutdown)
    {
        SocketRecord record = Joined(new TcpSocket(1, SocketFamily.Inet, state, IPEndPoint.Parse("127.0.0.1:4000"), IPEndPoint.Parse("127.0.0.1:80"), 0, 0))[0];

        Assert.Equal((expected, shutdown), (record.State, (int?)record.Shutdown));
    }

    [Theory]
    [InlineData(8, 9UL)] // the client has said its last word, and nobody has accepted it yet
    [InlineData(9, null)] // it was accepted, and closed
    public void Join_ClientThatHasSaidItsLastWord_LiesInTheQueueWhereNobodyHasClosedTheOtherEnd(byte state, ulong? expected)
    {
        SocketRecord client = Joined(
            new TcpSocket(1, SocketFamily.Inet, 5, IPEndPoint.Parse("127.0.0.1:4000"), IPEndPoint.Parse("127.0.0.1:80"), 0, 0),
            new TcpSocket(0, SocketFamily.Inet, state, IPEndPoint.Parse("127.0.0.1:80"), IPEndPoint.Parse("127.0.0.1:4000"), 0, 0),
            new TcpSocket(9, SocketFamily.Inet, 10, IPEndPoint.Parse("127.0.0.1:80"), IPEndPoint.Parse("0.0.0.0:0"), 1, 5))[0];

        Assert.Equal((0UL, expected), (client.Peer!.Value, client.PendingAt));
    }

    private static List<TcpSocket> Tcp(string text)
    {
        var sockets = new List<TcpSocket>();
        NetTcpFile.Parse(Encoding.UTF8.GetBytes(text), sockets);
        return sockets;
    }

    private static List<SocketRecord> Unix(string text)
    {
        var sockets = new List<SocketRecord>();
        NetUnixFile.Parse(Encoding.UTF8.GetBytes(text), 9, sockets);
        return sockets;
    }

    private static SocketRecord[] Joined(params TcpSocket[] sockets)
    {
        var records = new List<SocketRecord>();
        TcpConnections.Join([.. sockets], 9, records);
        return [.. records];
    }
}
