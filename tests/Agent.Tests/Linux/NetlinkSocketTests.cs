using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Netlink;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Linux;

public sealed class NetlinkSocketTests
{
    private const int Asked = 3, Room = 512;

    [Fact]
    public void TryReceive_SeveralAnswersWait_AreTakenByOneCallEachInItsRoom()
    {
        using NetlinkSocket socket = Asking();
        byte[] rooms = new byte[8 * Room];
        int[] lengths = new int[8];

        Assert.Equal(Asked, socket.TryReceive(rooms, lengths));

        // The length of a netlink message is its first word.
        Assert.All(Enumerable.Range(0, Asked), i => Assert.Equal(lengths[i], BitConverter.ToInt32(rooms, i * Room)));
        Assert.Equal(0, socket.TryReceive(rooms, lengths));
    }

    [Fact]
    public void TryReceive_MoreAnswersThanRooms_TheRestIsThereForTheNextCall()
    {
        using NetlinkSocket socket = Asking();
        byte[] rooms = new byte[2 * Room];

        Assert.Equal(2, socket.TryReceive(rooms, new int[2]));
        Assert.Equal(1, socket.TryReceive(rooms, new int[2]));
    }

    /// <summary>With the answers to some questions, be they errors, in its queue: they are there when send(2) returns.</summary>
    private static NetlinkSocket Asking()
    {
        Assert.Equal(Sight.Seen, NetlinkSocket.Open(NetlinkSocket.Generic, 0, 64 * 1024, out NetlinkSocket? socket));
        byte[] questions = new byte[Asked * 64];
        int length = 0;
        for (int i = 0; i < Asked; i++)
            length += TaskstatsMessage.WriteFamilyRequest(questions.AsSpan(length));
        Assert.Equal(Sight.Seen, socket!.Send(questions.AsSpan(0, length)));
        return socket;
    }
}
