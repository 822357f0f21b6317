using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Connections that nobody has accepted.</summary>
public sealed class ListenerTests
{
    [Fact]
    public void Diagnose_ConnectionNotYetAccepted_WaitsForTheHolderOfTheListener()
    {
        Scene scene = NotAccepted();
        scene.Process(10, "client").Socket(3, 500).WriteEnd(7000, 4).Receives(3);
        scene.Process(11, "server").Socket(3, 600).ReadEnd(7000, 4).Reads(4);

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal([10, 11], finding.Pids);
        Assert.Equal((FindingClass.Deadlock, "never-accepted", 11, 3), (finding.Class, finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Equal("It ends when server (11) accepts the connection (fd 3), or closes the listener.", finding.Culprit.Remedy);
    }

    [Fact]
    public void Diagnose_ClientHasInheritedTheListener_IsNamedAfterTheOneWhoMadeIt()
    {
        Scene scene = NotAccepted();
        scene.Process(10, "client", parent: 11).Socket(3, 500).Socket(5, 600).Receives(3);
        scene.Process(11, "server").Socket(3, 600).WaitsFor(10);

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal("never-accepted", finding.Rule);
        Assert.Equal([(11, 3), (10, 5)], finding.Culprits.Select(culprit => (culprit.Pid, culprit.Fd!.Value)));
    }

    [Fact]
    public void Diagnose_ClientOfItsOwnListener_IsNotToldToWaitForItsOwnEnd()
    {
        Scene scene = NotAccepted();
        scene.Process(10, "client").Socket(3, 600).Socket(4, 500).Receives(4);

        Assert.Equal(("never-accepted", Confidence.Proven), Assert.Single(scene.Diagnose().Findings.Select(finding => (finding.Rule, finding.Confidence))));
    }

    [Fact]
    public void Diagnose_ClientOfItsOwnListenerCatchesSignals_WaitsForNoneThere()
    {
        Scene scene = NotAccepted();
        scene.Process(10, "client").Socket(3, 600).Socket(4, 500).Receives(4).Caught = 1UL << 1;

        Assert.Equal(("never-accepted", Confidence.Likely), Assert.Single(scene.Diagnose().Findings.Select(finding => (finding.Rule, finding.Confidence))));
    }

    /// <summary>No call of a runtime that is told of the end of its children by a handler shows that it waits for one.</summary>
    [Theory]
    [InlineData("/usr/bin/node", 10, "never-accepted")]
    [InlineData("/usr/bin/node", 1, "not-accepted-yet")] // no client of its own
    [InlineData("/usr/bin/server", 10, "not-accepted-yet")]
    public void Diagnose_ServerThatIsToldOfItsChildrenAndRunsAClient_IsNotSaidToHaveToLetGo(string exe, int parent, string rule)
    {
        Scene scene = NotAccepted();
        Actor server = scene.Process(10, "server").Socket(5, 600).ReadEnd(7001, 6).WriteEnd(7001, 7).Polls(6);
        server.Caught = 1UL << 1 | 1UL << 14 | 1UL << 16;
        server.With = record => record with { Exe = exe, SignalsCaughtAsChild = 1UL << 16 };
        scene.Process(11, "client", parent).Socket(3, 500).Receives(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal((rule, 10, 5), (finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd));
    }

    [Theory]
    [InlineData(1u << 31, 1u, 1)]
    [InlineData(1u << 31, 0u, 0)] // the kernel keeps it back (TCP_DEFER_ACCEPT)
    [InlineData(0u, 1u, 0)] // it is about to be told
    public void Diagnose_ListenerInASetThatHasToldOfItOnce_IsAStall(uint manner, uint queue, int findings)
    {
        Scene scene = NotAccepted(queue);
        scene.Process(10, "client").Socket(3, 500).Receives(3);
        scene.Process(11, "server").Socket(3, 600).WaitsInEpoll(8, new EpollMember(3, 1 | manner, 600, 8));

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Rule == "not-accepted-yet"));
    }

    [Fact]
    public void Diagnose_ManyClientsOfOneWhoSleeps_AreOneStory()
    {
        Scene scene = NotAccepted();
        foreach (ulong more in (ulong[])[1, 2])
            scene.Sockets!.AddRange(NotAccepted().Sockets!.Where(socket => socket.Inode == 500).Select(socket => socket with { Inode = 500 + more }));
        foreach (int pid in (int[])[10, 12, 13])
            scene.Process(pid, "client").Socket(3, pid == 10 ? 500UL : (ulong)(489 + pid)).Receives(3);
        scene.Process(11, "server").Socket(3, 600).Sleeps();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("not-accepted-yet", 11), (finding.Rule, finding.Culprit!.Pid));
        Assert.Equal([10, 11, 12, 13], finding.Pids);
        Assert.EndsWith("client (12) and client (13) wait there as well.", finding.Summary, StringComparison.Ordinal);
        Assert.Single(finding.Culprits);
    }

    [Theory]
    [InlineData(10, 900, 1)]
    [InlineData(10, 999, 0)] // the server has just run
    [InlineData(3600, 900, 0)]
    public void Diagnose_ListenerOfOneWhoSleeps_IsAStallAfterTheMinimumWait(int minimum, int ran, int findings)
    {
        Scene scene = NotAccepted();
        scene.Process(10, "client").Socket(3, 500).Receives(3);
        Actor server = scene.Process(11, "server").Socket(3, 600);
        server.LastRan = TimeSpan.FromSeconds(ran);
        server.Sleeps();

        DiagnosisResult result = scene.Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(minimum) });

        Assert.Equal(Enumerable.Repeat((FindingClass.Stall, Confidence.Suspected, "not-accepted-yet"), findings), result.Findings.Select(finding => (finding.Class, finding.Confidence, finding.Rule)));
    }

    [Fact]
    public void Diagnose_ListenerThatIsWaitedAt_IsHealthy()
    {
        Scene scene = NotAccepted();
        scene.Process(10, "client").Socket(3, 500).Receives(3);
        scene.Process(11, "server").Socket(3, 600).Polls(3);

        Assert.Empty(scene.Diagnose().Findings);
    }

    private static Scene NotAccepted(uint queue = 1) => new()
    {
        Sockets = [Scene.Connected(500, 0) with { PendingAt = 600 }, new SocketRecord(600, SocketFamily.Unix, SocketType.Stream, SocketState.Listening) { Name = "@s", ReceiveQueue = queue, SendQueue = 5 }],
    };
}
