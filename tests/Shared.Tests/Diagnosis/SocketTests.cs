using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Waits on sockets, and who is at the other end.</summary>
public sealed class SocketTests
{
    /// <summary>A parent polls its child's output as well as the socket over which they speak with each other: were the output closed, both would wait on.</summary>
    [Theory]
    [InlineData(0, 5, "eof-held-by-sibling")]
    [InlineData(0, 1, "child-never-exits")] // at its stdout: it is to write
    [InlineData(3, 5, "child-never-exits")] // over another one than its stdin two talk
    public void Diagnose_LaterChildInheritedTheOtherEndOfAFiltersStdin_IsNamed(int readsAt, int fd, string rule)
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "parent").WriteEnd(7001, 6).WaitsFor(11);
        scene.Process(11, "filter", parent: 10).Socket(readsAt, 500).Receives(readsAt);
        scene.Process(12, "later", parent: 10).Socket(fd, 501).ReadEnd(7001, 0).Reads(0);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal((rule, Confidence.Proven, 12), (finding.Rule, finding.Confidence, finding.Culprit!.Pid));
        if (rule == "eof-held-by-sibling")
            Assert.Equal("filter (11) waits for the end of socket 500, which parent (10) has closed, but later (12), started later, inherited its other end.", finding.Summary);
    }

    [Fact]
    public void Diagnose_TwoThatSpeakOverOneOfSeveralSockets_BlamesNobodyForTheOthers()
    {
        Scene scene = new Scene().Pair(500, 501).Pair(600, 601);
        scene.Process(10, "parent").Socket(3, 500).Socket(4, 600).Polls(3, 4);
        scene.Process(11, "child", parent: 10).Socket(3, 501).Socket(1, 601).Receives(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal([(10, 3), (11, 3)], finding.Culprits.Select(culprit => (culprit.Pid, culprit.Fd!.Value)));
    }

    /// <summary>A script holds the input of the one, and waits for the other.</summary>
    [Fact]
    public void Diagnose_ThirdHoldsTheInputOfOneOfTwoThatSpeak_IsNamedAfterThem()
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(9, "script").WriteEnd(7000, 5).WriteEnd(7000, 60).WaitsFor(11);
        scene.Process(10, "server", parent: 9).ReadEnd(7000, 0).Socket(3, 500).Polls(0, 3);
        scene.Process(11, "client", parent: 9).Socket(3, 501).Receives(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("socket-mutual-read", finding.Rule);
        Assert.Equal([10, 11, 9], finding.Culprits.Select(culprit => culprit.Pid));
        Assert.Equal("It ends when script (9) writes to pipe 7000, which server (10) reads as well, or closes fd 5 and fd 60.", finding.Culprits[2].Remedy);
    }

    [Fact]
    public void Diagnose_TwoThatReadEachOthersSocket_IsAProvenMutualRead()
    {
        Finding finding = Assert.Single(MutualRead().Diagnose().Findings);

        Assert.Equal((FindingClass.Deadlock, Confidence.Proven, "socket-mutual-read"), (finding.Class, finding.Confidence, finding.Rule));
        Assert.Equal([10, 11], finding.Pids);
        Assert.Equal((10, 3, "socket:[500]"), (finding.Culprit!.Pid, finding.Culprit.Fd, finding.Culprit.Resource));
        Assert.Contains("left (10) waits for data on socket 500 (fd 3). Its other end is open at fd 3 of right (11).", finding.Explanation);
    }

    [Fact]
    public void Diagnose_MutualReadOfOneWhoHasBothEnds_ToCloseTheOneEndsNothing()
    {
        Scene scene = MutualRead();
        scene[11].Socket(4, 501).Socket(7, 500);

        Assert.Equal(
            ["It ends when left (10) sends right (11) what that waits for.", "It ends when right (11) sends left (10) what that waits for, or closes fd 3 and fd 4."],
            Assert.Single(scene.Diagnose().Findings).Culprits.Select(culprit => culprit.Remedy).Distinct());
    }

    [Theory]
    [InlineData(1UL << 14, 0x5000UL, 0)]
    [InlineData(1UL << 14, 0UL, 1)]
    [InlineData(0UL, 0x5000UL, 1)]
    public void Diagnose_MutualReadOfOneWhoLetsSignalsInWhileItWaits_IsADesign(ulong caught, ulong mask, int findings)
    {
        // A client that is idle by design, until it is sent SIGTERM.
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "client").Socket(3, 500)
            .Thread(10, 271, "poll_schedule_timeout", new CallMemory { PollSet = [new PollMember(3, 1)] }, [0x3000, 1, 0, mask, 8]).Caught = caught;
        scene.Process(11, "server").Socket(3, 501).Receives(3);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Fact]
    public void Diagnose_RingOfThree_IsAMutualRead()
    {
        Scene scene = new Scene().Pair(500, 501).Pair(502, 503).Pair(504, 505);
        scene.Process(10, "a").Socket(3, 500).Socket(4, 503).Receives(3);
        scene.Process(11, "b").Socket(3, 502).Socket(4, 505).Receives(3);
        scene.Process(12, "c").Socket(3, 504).Socket(4, 501).Receives(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("socket-mutual-read", finding.Rule);
        Assert.Equal([10, 11, 12], finding.Pids);
        Assert.Empty(finding.Notes);
    }

    [Fact]
    public void Diagnose_ReceiveTimeout_MayEndIt()
    {
        Scene scene = MutualRead();
        scene[10].Socket(3, 500, receive: TimeSpan.FromSeconds(300));

        Assert.Empty(scene.Diagnose().Findings);
        Assert.Contains(10, Diagnoser.Suspects(scene.Look(), new LookMemory()));
    }

    [Fact]
    public void Diagnose_SendTimeoutOfAReader_EndsNothing()
    {
        Scene scene = MutualRead();
        scene[10].Socket(3, 500, send: TimeSpan.FromSeconds(300));

        Assert.Single(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_TimeoutsNotKnown_TellsNothingAndSuspects()
    {
        Scene scene = MutualRead();
        scene[10].Fd(3, fd => fd with { Timeouts = null });

        Assert.Empty(scene.Diagnose().Findings);
        Assert.Superset(new HashSet<int> { 10, 11 }, Diagnoser.Suspects(scene.Look(), new LookMemory()).ToHashSet());
    }

    [Fact]
    public void Suspects_TablesNotRead_AreAllWhoWaitOnSockets()
    {
        Scene scene = MutualRead();
        scene.Sockets = null;

        Assert.Empty(scene.Diagnose().Findings);
        Assert.Superset(new HashSet<int> { 10, 11 }, Diagnoser.Suspects(scene.Look(), new LookMemory()).ToHashSet());
    }

    [Theory]
    [InlineData(0x100UL, "nobody sends all that left (10) asks for at once (MSG_WAITALL).")]
    [InlineData(0UL, "nobody sends.")]
    public void Diagnose_ReceiveThatTakesNoLess_APartMayHaveBeenSent(ulong flags, string what)
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "left").Socket(3, 500).Thread(10, 45, "unix_stream_read_generic", 3, 0x1000, 100, flags);
        scene.Process(11, "right").Socket(3, 501).Receives(3);

        Assert.Equal($"left (10) and right (11) each wait for data from the other over a socket, and {what}", Assert.Single(scene.Diagnose().Findings).Summary);
    }

    [Theory]
    [InlineData(4u, 1u << 31, "left (10) and right (11) each wait for data from the other over a socket, and left (10) for more in socket 500 than lies there unread.")]
    [InlineData(0u, 1u << 31, "left (10) and right (11) each wait for data from the other over a socket, and nobody sends.")]
    [InlineData(null, 1u << 31, null)]
    [InlineData(4u, 0u, null)]
    public void Diagnose_DataLiesUnreadOfWhichItWasToldOnce_TheReaderIsToBlame(uint? unread, uint manner, string? summary)
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "left").Socket(3, 500).WaitsInEpoll(8, new EpollMember(3, 1 | manner, 500, 8));
        scene.Process(11, "right").Socket(3, 501).Receives(3);
        scene.Sockets = [.. scene.Sockets!.Select(socket => socket.Inode == 500 ? socket with { ReceiveQueue = unread } : socket)];

        Finding? finding = scene.Diagnose().Findings.SingleOrDefault();

        Assert.Equal(summary, finding?.Summary);
        if (unread == 4 && finding is not null)
        {
            Assert.StartsWith("It ends when left (10) reads what lies in socket:[500] (fd 3), until EAGAIN", finding.Culprit!.Remedy, StringComparison.Ordinal);
            Assert.EndsWith("What lies there it was told of once (EPOLLET), and has not read.", finding.Explanation[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Diagnose_QueueNotEmpty_IsAboutToWake() => AssertOutside(socket => socket with { ReceiveQueue = 1 });

    [Fact]
    public void Diagnose_QueueNotKnown_MayWake() => AssertOutside(socket => socket with { ReceiveQueue = null });

    [Fact]
    public void Diagnose_PeerClosed_IsAboutToWake() => AssertOutside(socket => socket with { Peer = 0 });

    [Fact]
    public void Diagnose_ShutDownForReading_IsAboutToWake() => AssertOutside(socket => socket with { Shutdown = 1 });

    [Fact]
    public void Diagnose_PeerNotOnThisHost_CanBeWokenFromOutside() => AssertOutside(socket => socket with { Peer = null });

    [Fact]
    public void Diagnose_Listener_CanBeWokenFromOutside() => AssertOutside(socket => socket with { State = SocketState.Listening });

    [Fact]
    public void Diagnose_Datagrams_CanComeFromOutside() => AssertOutside(socket => socket with { Type = SocketType.Datagram, Name = "@named" });

    [Fact]
    public void Diagnose_NotInTheTables_CanBeWokenFromOutside()
    {
        Scene scene = MutualRead();
        scene.Sockets!.RemoveAll(socket => socket.Inode == 500);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_PeerHeldByNobodySeen_CanBeWokenFromOutside()
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "left").Socket(3, 500).Receives(3);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_CoHolderOfTheOwnEndRuns_CanShutItDown()
    {
        Scene scene = MutualRead();
        scene.Process(12, "helper").Socket(5, 500).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_DescriptorsOnTheirWay_CanBeWokenFromOutside()
    {
        Scene scene = MutualRead();
        scene[11].Fd(3, fd => fd with { DescriptorsInFlight = 1 });

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("@named", 0)] // anybody may send to a name
    public void Diagnose_TwoWhoWaitForADatagramFromEachOther_AreStuckUnlessOneHasAName(string? name, int findings)
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Sockets = [.. scene.Sockets!.Select(socket => socket with { Type = SocketType.Datagram, Name = socket.Inode == 501 ? name : null })];
        scene.Process(10, "left").Socket(3, 500).Thread(10, 45, "__skb_wait_for_more_packets", 3, 0x1000, 4096);
        scene.Process(11, "right").Socket(3, 501).Thread(11, 45, "__skb_wait_for_more_packets", 3, 0x1000, 4096);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Fact]
    public void Diagnose_FullSocketsBothWays_IsACircleOfSenders()
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Sockets = [.. scene.Sockets!.Select(socket => socket with { ReceiveQueue = 200_000, SendQueue = 210_000 })];
        scene.Process(10, "left").Socket(3, 500).Thread(10, 1, "sock_alloc_send_pskb", 3, 0x1000, 4096);
        scene.Process(11, "right").Socket(3, 501).Thread(11, 1, "sock_alloc_send_pskb", 3, 0x1000, 4096);

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal(("socket-full-cycle", 11, 3), (finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd));

        scene.Sockets = [.. scene.Sockets.Select(socket => socket with { ReceiveQueue = 0, SendQueue = 0 })];
        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public void Diagnose_Connect_WaitsForTheHolderOfAListenerWhoseQueueIsFull(uint waiting, bool told)
    {
        var scene = new Scene
        {
            Sockets =
            [
                new SocketRecord(500, SocketFamily.Unix, SocketType.Stream, SocketState.Closed) { Peer = 0 },
                new SocketRecord(600, SocketFamily.Unix, SocketType.Stream, SocketState.Listening) { Name = "@s", ReceiveQueue = waiting, SendQueue = 0 },
            ],
        };
        scene.Process(10, "client").Socket(3, 500).WriteEnd(7000, 4).Thread(10, 42, "unix_wait_for_peer", 3, 0x1000, 10);
        scene.Process(11, "server").Socket(3, 600).ReadEnd(7000, 4).Reads(4);

        Assert.Equal(told ? 1 : 0, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(0U, 5, 1, false)] // all that was sent was taken
    [InlineData(9U, 5, 0, false)]
    [InlineData(9U, 0, 1, false)]
    [InlineData(9U, null, 1, true)] // in a set, and it could not be asked
    public void Diagnose_ReaderWhoseWordsNobodyTakes_MayBeGivenUpByTcp(uint unsent, int? seconds, int findings, bool assumed)
    {
        var scene = new Scene { Sockets = [Tcp(500, 501) with { SendQueue = unsent }, Tcp(501, 500) with { ReceiveQueue = 9 }] };
        Actor sender = scene.Process(10, "sender").Socket(3, 500).WriteEnd(7000, 4);
        if (seconds is { } time)
            sender.Fd(3, fd => fd with { Timeouts = new SocketTimeouts(default, default, TimeSpan.FromSeconds(time)) }).Receives(3);
        else
            sender.Fd(3, fd => fd with { Timeouts = null }).Polls(3);
        scene.Process(11, "other").Socket(5, 501).ReadEnd(7000, 3).Reads(3);

        DiagnosisResult result = scene.Diagnose();

        Assert.Equal(findings, result.Findings.Length);
        Assert.Equal(assumed, result.Findings.Any(finding => finding.Assumptions.Contains("no-tcp-user-timeout")));
    }

    [Theory]
    [InlineData(2, 1, "socket-mutual-read")]
    [InlineData(2, null, "socket-mutual-read")] // the peer has not yet been told so: it has not read what was sent before
    [InlineData(1, 2, null)] // who was told the last word comes to the end
    [InlineData(3, 3, null)]
    [InlineData(null, null, null)] // which half is shut is not known
    public void Diagnose_ReaderThatHasSaidItsLastWordOverTcp_WaitsForWhoHasTheOtherEnd(int? own, int? far, string? rule)
    {
        Scene scene = HalfClosed((byte?)own, (byte?)far);
        scene[11].Receives(4);

        Assert.Equal(rule, scene.Diagnose().Findings.SingleOrDefault()?.Rule);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Diagnose_ReaderThatHasSaidItsLastWordOverTcp_IsHealthyWhileTheOtherCanRun(bool timed)
    {
        Scene scene = HalfClosed(2, 1);
        _ = timed ? scene[11].Thread(11, 7, "poll_schedule_timeout", new CallMemory { PollSet = [new PollMember(4, 1)] }, [0x3000, 1, 500_000]) : scene[11].Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_SenderThatHasSaidItsLastWordOverTcp_IsAboutToWake()
    {
        Scene scene = HalfClosed(2, 1);
        scene[10].With = record => record with { Threads = [.. record.Threads.Select(thread => thread with { Call = thread.Call with { Number = 44 }, Wchan = "sk_stream_wait_memory" })] };
        scene[11].Receives(4);

        Assert.Empty(scene.Diagnose().Findings);
    }

    /// <summary>Two connections between two processes: the first reads one of them, and has shut down its half of it; what it still writes to goes over the other.</summary>
    private static Scene HalfClosed(byte? own, byte? far)
    {
        var scene = new Scene
        {
            Sockets =
            [
                Tcp(500, 501) with { State = SocketState.Closing, Shutdown = own },
                Tcp(501, 500) with { State = far is null ? SocketState.Established : SocketState.Closing, Shutdown = far },
                Tcp(502, 503), Tcp(503, 502),
            ],
        };
        scene.Process(10, "client").Socket(3, 500).Socket(4, 502).Receives(3);
        scene.Process(11, "server").Socket(3, 501).Socket(4, 503);
        return scene;
    }

    private static SocketRecord Tcp(ulong inode, ulong peer) => Scene.Connected(inode, peer) with { Family = SocketFamily.Inet };

    [Fact]
    public void Diagnose_ConnectThatTcpGivesUp_IsBounded()
    {
        var scene = new Scene { Sockets = [new SocketRecord(600, SocketFamily.Unix, SocketType.Stream, SocketState.Listening) { ReceiveQueue = 1, SendQueue = 0 }] };
        scene.Process(10, "client").Socket(3, 500).Fd(3, fd => fd with { Timeouts = new SocketTimeouts(default, default, TimeSpan.Zero) })
            .WriteEnd(7000, 4).Thread(10, 42, "wait_woken", 3, 0x1000, 10);
        scene.Process(11, "server").Socket(3, 600).ReadEnd(7000, 4).Reads(4);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_OwnOtherEnd_IsHeldBySelf()
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "forgetful").Socket(3, 500).Socket(4, 501).Receives(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal(("eof-held-by-self", 4, "socket:[501]"), (finding.Rule, finding.Culprit!.Fd, finding.Culprit.Resource));
    }

    [Fact]
    public void Diagnose_OtherEndTwiceAsStdioOfAChild_IsHeldByADuplicate()
    {
        Finding finding = Assert.Single(OutputHeldTwice().Diagnose().Findings);

        Assert.Equal(("eof-held-by-duplicate", 11, 4, "socket:[501]"), (finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd, finding.Culprit.Resource));
        Assert.Equal("runner (10) waits for the end of socket 500, which child (11) holds open at fd 1 and again at fd 4.", finding.Summary);
    }

    [Fact]
    public void Shape_OtherStreamOfTheChildIsHeldTwice_IsAnother()
    {
        Scene stdout = OutputHeldTwice(), stderr = OutputHeldTwice(stdio: 2);

        Assert.NotEqual(Assert.Single(stdout.Diagnose().Findings).Fingerprint.Shape, Assert.Single(stderr.Diagnose().Findings).Fingerprint.Shape);
    }

    [Fact]
    public void Diagnose_ChildWithItsSocketTwiceThatReadsItItself_IsAConversation()
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "parent").Socket(3, 500).Receives(3);
        scene.Process(11, "child", parent: 10).Socket(0, 501).Socket(4, 501).Receives(0);

        Assert.Equal("socket-mutual-read", Assert.Single(scene.Diagnose().Findings).Rule);
    }

    [Fact]
    public void Diagnose_PairHeldByAnOrphan_IsAStall()
    {
        Scene scene = HeldByOrphan(name: null);

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal(("eof-held-by-orphan", 120, 1, "socket:[501]"), (finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd, finding.Culprit.Resource));
    }

    [Fact]
    public void Diagnose_OrphanThatWaitsForRequestsOverThePair_IsHealthy()
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(100, "sshfs").Socket(3, 500).Fd(3, fd => fd with { CloseOnExec = true }).Polls(3);
        Actor ssh = scene.Process(120, "ssh").Socket(0, 501).Socket(5, 900).Polls(0, 5);
        ssh.Session = ssh.Pgrp = 110;

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(true, 0)] // ssh(1): it has moved its stdio there
    [InlineData(false, 1)]
    public void Diagnose_StdioSocketAgainAtAnotherFd_IsNoHazardWhereItIsSpokenToThere(bool polls, int hazards)
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "sftp").Socket(3, 500).Polls(3);
        Actor ssh = scene.Process(11, "ssh", parent: 10).Socket(0, 501).Socket(4, 501).Socket(5, 900);
        _ = polls ? ssh.Polls(4, 5) : ssh.Polls(5);

        Assert.Equal(hazards, scene.Diagnose().Findings.Count(finding => finding.Rule == "stdio-duplicate"));
    }

    [Fact]
    public void Diagnose_ServiceWhoseClientIsADaemon_IsHealthy() => Assert.Empty(HeldByOrphan(name: "/run/service").Diagnose().Findings);

    [Fact]
    public void Suspects_ReaderOfASocketNotYetKnown_MayBeHeldUp()
    {
        Scene scene = HeldByOrphan(name: null);
        scene.Sockets = null;

        Assert.Contains(100, Diagnoser.Suspects(scene.Look(), new LookMemory()));
    }

    [Theory]
    [InlineData("unix_stream_read_generic", 0UL, "SocketRead")]
    [InlineData("wait_woken", 0UL, "SocketRead")]
    [InlineData("sk_wait_data", 0UL, "SocketRead")]
    [InlineData("unix_stream_read_generic", 0x40UL, "Unknown")]
    [InlineData("handle_userfault", 0UL, "Unknown")]
    public void Decode_Recv_IsBelievedInASocketsChannelOnly(string wchan, ulong flags, string kind)
    {
        var scene = new Scene();
        scene.Process(10, "reader").Socket(3, 500).Thread(10, 45, wchan, 3, 0x1000, 10, flags);
        ProcessRecord record = scene[10].Record();

        Assert.Equal(kind, Shared.Waits.WaitDecoder.Decode(Scene.Host, record, record.Threads[0]).Kind.ToString());
    }

    private static Scene MutualRead()
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "left").Socket(3, 500).Receives(3);
        scene.Process(11, "right").Socket(3, 501).Receives(3);
        return scene;
    }

    private static Scene OutputHeldTwice(int stdio = 1)
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "runner").Socket(3, 500).WriteEnd(7000, 5).Receives(3);
        scene.Process(11, "child", parent: 10).Socket(stdio, 501).Socket(4, 501).ReadEnd(7000, 5).Reads(5);
        return scene;
    }

    private static Scene HeldByOrphan(string? name)
    {
        Scene scene = new Scene().Pair(500, 501, name);
        scene.Process(100, "runner").Socket(3, 500).Fd(3, fd => fd with { CloseOnExec = true }).Polls(3);
        Actor leftover = scene.Process(120, "leftover").Socket(1, 501).Sleeps();
        leftover.Session = leftover.Pgrp = 110;
        leftover.Has(0, "/dev/null", FdAccess.Read);
        return scene;
    }

    /// <summary>Nothing is told where one of the two sockets is so.</summary>
    private static void AssertOutside(Func<SocketRecord, SocketRecord> as500)
    {
        Scene scene = MutualRead();
        scene.Sockets = [.. scene.Sockets!.Select(socket => socket.Inode == 500 ? as500(socket) : socket)];

        Assert.Empty(scene.Diagnose().Findings);
    }
}
