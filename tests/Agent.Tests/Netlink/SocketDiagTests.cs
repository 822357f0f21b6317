using System.Buffers.Binary;
using System.Net;
using CsCheck;
using OrphanBoard.Agent.Netlink;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Netlink;

/// <summary>Answers of sock_diag(7), built as the kernel builds them.</summary>
public class SocketDiagTests
{
    [Fact]
    public void UnixParse_Listener_TellsWhoWaitsAtIt()
    {
        List<SocketRecord> sockets = Unix([
            .. Message(20, UnixBody(1, 10, 100), Attribute(0, [0, .. "name"u8]), Attribute(3, U32(201), U32(0)), Attribute(4, U32(1), U32(128))),
            .. Message(20, UnixBody(1, 1, 201), Attribute(2, U32(0)), Attribute(6, [2])),
            .. Message(3, [0, 0, 0, 0])]);

        Assert.Equal(
        [
            new SocketRecord(100, SocketFamily.Unix, SocketType.Stream, SocketState.Listening, 9) { Name = "@name", Peer = 0, ReceiveQueue = 1, SendQueue = 128 },
            new SocketRecord(201, SocketFamily.Unix, SocketType.Stream, SocketState.Established, 9) { Peer = 0, PendingAt = 100, Shutdown = 2 },
        ], sockets);
    }

    [Theory]
    [InlineData("/run/x", "/run/x")]
    [InlineData("/run/x\0", "/run/x")]
    [InlineData("\0a\0b", "@a@b")]
    [InlineData("\0a\0\0\0", "@a")]
    [InlineData("/run/\nforged", "/run/\nforged")]
    [InlineData("", null)]
    public void UnixParse_Name_IsAsInTheFile(string bytes, string? name) =>
        Assert.Equal(name, Unix(Message(20, UnixBody(5, 7, 1), Attribute(0, System.Text.Encoding.UTF8.GetBytes(bytes)))).Single().Name);

    [Fact]
    public void UnixParse_PartsThatAreNotKnown_AreSkipped()
    {
        List<SocketRecord> sockets = Unix([
            .. Message(21, UnixBody(1, 1, 5)), // another kind of message
            .. Message(20, [2, .. UnixBody(1, 1, 6)[1..]]), // another family
            .. Message(20, UnixBody(1, 1, 0)), // no inode
            .. Message(20, UnixBody(4, 1, 7)), // no such type
            .. Message(20, UnixBody(2, 7, 8), Attribute(99, [1, 2, 3]), Attribute(2, [1]), Attribute(4, U32(1)))]);

        Assert.Equal([new SocketRecord(8, SocketFamily.Unix, SocketType.Datagram, SocketState.Closed, 9) { Peer = 0 }], sockets);
    }

    [Fact]
    public void InetParse_BothFamilies_GiveAddressesAndQueues()
    {
        var sockets = new List<TcpSocket>();

        InetDiag.Parse([
            .. Message(20, InetBody(2, 1, "127.0.0.1", 80, "10.0.0.1", 4000, 3, 4, 77)),
            .. Message(20, InetBody(10, 10, "::1", 8080, "::", 0, 0, 5, 78))], sockets);

        Assert.Equal(
        [
            new TcpSocket(77, SocketFamily.Inet, 1, IPEndPoint.Parse("127.0.0.1:80"), IPEndPoint.Parse("10.0.0.1:4000"), 3, 4),
            new TcpSocket(78, SocketFamily.Inet6, 10, IPEndPoint.Parse("[::1]:8080"), IPEndPoint.Parse("[::]:0"), 0, 5),
        ], sockets);
    }

    [Fact]
    public void Parse_AnyBytes_EndsWithoutAnError() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        _ = Unix(bytes);
        InetDiag.Parse(bytes, []);
        _ = Unix(Message(20, [.. UnixBody(1, 1, 5), .. bytes]));
    }, iter: 5000);

    [Fact]
    public void Request_OfEachKind_IsAWholeMessage()
    {
        Assert.Equal((40, 40, 72, 72), (UnixDiag.Request.Length, UnixDiag.ListenersRequest.Length, InetDiag.RequestInet.Length, InetDiag.RequestInet6.Length));
        Assert.Equal(72, BinaryPrimitives.ReadInt32LittleEndian(InetDiag.RequestInet));
    }

    [Fact]
    public void Parse_SocketAsAtTheLookBefore_IsTheSameRecord()
    {
        byte[] listener = Message(20, UnixBody(1, 10, 5), Attribute(3, U32(6)));
        byte[] still = Message(20, UnixBody(1, 1, 7), Attribute(2, U32(8))), other = Message(20, UnixBody(1, 1, 7), Attribute(2, U32(9)));
        byte[] pending = Message(20, UnixBody(1, 1, 6));
        var known = new Dictionary<ulong, SocketRecord>();
        List<SocketRecord> first = Unix([.. listener, .. still, .. pending], known), same = Unix([.. pending, .. still, .. listener], known);
        List<SocketRecord> changed = Unix([.. Message(20, UnixBody(1, 10, 5)), .. other, .. pending], known);

        Assert.Equal(3, same.Count);
        Assert.All(same, socket => Assert.Same(first.Find(was => was.Inode == socket.Inode), socket));
        Assert.Equal(5UL, first[2].PendingAt);
        Assert.Equal((9UL, null), (changed[1].Peer!.Value, changed[2].PendingAt));
        Assert.Equal(Unix([.. Message(20, UnixBody(1, 10, 5)), .. other, .. pending]), changed);
    }

    private static List<SocketRecord> Unix(ReadOnlySpan<byte> messages, Dictionary<ulong, SocketRecord>? known = null)
    {
        var sockets = new List<SocketRecord>();
        UnixDiag.Parse(messages, 9, sockets, known ?? []);
        return sockets;
    }

    private static byte[] U32(uint number) => BitConverter.GetBytes(number);

    private static byte[] Message(ushort type, byte[] body, params byte[][] attributes)
    {
        byte[] payload = [.. body, .. attributes.SelectMany(attribute => attribute)];
        return Padded([.. U32((uint)(16 + payload.Length)), .. BitConverter.GetBytes(type), 2, 0, .. new byte[8], .. payload]);
    }

    private static byte[] Attribute(ushort type, params byte[][] values)
    {
        byte[] value = [.. values.SelectMany(part => part)];
        return Padded([.. BitConverter.GetBytes((ushort)(4 + value.Length)), .. BitConverter.GetBytes(type), .. value]);
    }

    private static byte[] Padded(byte[] bytes) => [.. bytes, .. new byte[(4 - bytes.Length % 4) % 4]];

    private static byte[] UnixBody(byte type, byte state, uint inode) => [1, type, state, 0, .. U32(inode), .. new byte[8]];

    private static byte[] InetBody(byte family, byte state, string local, ushort localPort, string remote, ushort remotePort, uint received, uint sent, uint inode) =>
    [
        family, state, 0, 0, (byte)(localPort >> 8), (byte)localPort, (byte)(remotePort >> 8), (byte)remotePort,
        .. Address(local), .. Address(remote), .. new byte[12], .. new byte[4], .. U32(received), .. U32(sent), .. U32(0), .. U32(inode),
    ];

    private static byte[] Address(string text)
    {
        byte[] bytes = IPAddress.Parse(text).GetAddressBytes();
        return [.. bytes, .. new byte[16 - bytes.Length]];
    }
}
