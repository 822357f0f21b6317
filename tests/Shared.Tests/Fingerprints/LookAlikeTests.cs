using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using static OrphanBoard.Shared.Tests.Fingerprints.FingerprintScenes;

namespace OrphanBoard.Shared.Tests.Fingerprints;

/// <summary>Bugs that differ in one thing which the kind of their waits does not say.</summary>
public sealed class LookAlikeTests
{
    [Theory]
    [InlineData(SocketType.Stream, 0, "unix")]
    [InlineData(SocketType.Stream, 2, "unix-half-closed")]
    [InlineData(SocketType.Datagram, 0, "unix-datagram")]
    [InlineData(SocketType.SeqPacket, 0, "unix-seqpacket")]
    public void Of_SocketsOfOneSort_AreTold(SocketType type, byte shutdown, string sort)
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Sockets = [.. scene.Sockets!.Select(socket => socket with { Type = type, Shutdown = socket.Inode == 500 ? shutdown : (byte)0 })];
        scene.Process(10, "one").Socket(3, 500).ReadEnd(7000, 5).Receives(3);
        scene.Process(11, "other").Socket(3, 501).WriteEnd(7000, 5).Receives(3);

        Assert.Contains($"one waits SocketRead:{sort} ", Only(scene).Fingerprint.Text);
    }

    [Theory]
    [InlineData(1, "PipeRead")]
    [InlineData(0, "PipeRead:end")]
    public void Of_PipeInASet_IsToldByWhatIsAskedFor(short events, string wait)
    {
        var scene = new Scene();
        scene.Process(10, "poller").ReadEnd(7000, 3).WriteEnd(7000, 4)
            .Thread(10, 7, "poll_schedule_timeout", new CallMemory { PollSet = [new PollMember(3, events)] }, [0x1000, 1, ulong.MaxValue]);

        Assert.Contains($"poller waits {wait} ", Only(scene).Fingerprint.Text);
    }

    [Theory]
    [InlineData(LockAccess.Write, "FileLock:flock ")]
    [InlineData(LockAccess.Read, "FileLock:flock:behind-shared ")]
    public void Of_FileLock_IsToldByWhatIsInItsWay(LockAccess held, string wait)
    {
        var scene = new Scene();
        scene.Process(10, "self").Opens(3, "/one", 1, 11, new FileLock(1, false, LockKind.Flock, held, 10, 0xfe << 20, 1, 0, long.MaxValue)).Opens(4, "/one", 1, 12).WaitsForLock(4);

        Assert.Contains($"self waits {wait}", Only(scene).Fingerprint.Text);
    }

    [Theory]
    [InlineData(21, "Stopped:input")]
    [InlineData(22, "Stopped:output")]
    public void Of_JobThatTheTerminalStopped_IsToldByWhichWay(int signal, string wait)
    {
        var scene = new Scene();
        Actor job = scene.Process(11, "job").Has(0, "/dev/pts/3", FdAccess.ReadWrite).Thread(11, 0, "do_signal_stop", null, [0, 0x1000, 1], 'T');
        job.State = 'T';
        job.With = record => record with { StopSignal = signal };

        Assert.Equal($"v1 stopped\nP0 job stopped waits {wait}\n", Only(scene).Fingerprint.Text);
    }

    [Theory]
    [InlineData(null, "{0}=aR {1}=aW")]
    [InlineData(true, "{n}=aR {n}=aW")]
    public void Of_PipeUnderTheNumbersOfStdio_IsToldByWhetherAnExecClosesIt(bool? closed, string fds)
    {
        var scene = new Scene();
        scene.Process(10, "self").Has(0, "pipe:[7000]", FdAccess.Read, closed == true).Has(1, "pipe:[7000]", FdAccess.Write, closed == true).Reads(0);

        Assert.Contains($"self waits PipeRead {fds}\n", Only(scene).Fingerprint.Text);
    }

    [Fact]
    public void Of_PipesUnderTheNumbersOfStdioTheWrongWay_AreNoStdio()
    {
        var scene = new Scene();
        scene.Process(10, "self").WriteEnd(7000, 0).ReadEnd(7000, 1).Reads(1);

        Assert.Contains("self waits PipeRead {n}=aR {n}=aW\n", Only(scene).Fingerprint.Text);
    }

    [Theory]
    [InlineData("PosixQueue", "send", "receive")]
    [InlineData("EventFd", "write", null)]
    [InlineData("SocketRead", "all:unix", "unix")]
    [InlineData("Poll", "SocketRead:unix", "SocketWrite:unix")]
    public void Of_WaitsOfAnotherManner_AreDifferentInOneFamily(string kind, string? one, string? other)
    {
        FindingFingerprint left = Shared.Fingerprints.Fingerprinter.Of(Mutual(kind, "thing:[1]", "thing:[2]", one)), right = Shared.Fingerprints.Fingerprinter.Of(Mutual(kind, "thing:[1]", "thing:[2]", other));

        Assert.NotEqual(left.Shape, right.Shape);
        Assert.Equal(left.Family, right.Family);
    }
}
