using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>File locks that somebody has inherited and keeps: process 62 took it, and has exited; 65 was started by it and lives on; 70 waits for it.</summary>
public sealed class HeldLockTests
{
    [Fact]
    public void Diagnose_LockThatAnOrphanHasInherited_IsAStallAfterTheMinimumWait()
    {
        Scene scene = Left();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal((FindingClass.Stall, Confidence.Likely, "lock-held-by-orphan"), (finding.Class, finding.Confidence, finding.Rule));
        Assert.Equal((65, 3, "flock:fe:00:1"), (finding.Culprit!.Pid, finding.Culprit.Fd, finding.Culprit.Resource));
        Assert.Equal([65, 70], finding.Pids);
        Assert.Equal([60, 70, 65], finding.Participants.Select(participant => participant.Pid));
        Assert.Contains("The lock was taken by process 62, which has exited: it goes with the open file, which daemon (65) has inherited.", finding.Explanation);
        Assert.Equal("It ends when daemon (65) lets go of its lock on /lock: unlocks it, or closes fd 3.", finding.Explanation[^1]);
        Assert.Empty(scene.Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.FromHours(1) }).Findings);
    }

    /// <summary><c>exec 9>/lock; flock 9; daemon &amp; exec 9>&amp;-; flock /lock true</c>, below a login or a runner that init has started, or adopted.</summary>
    [Fact]
    public void Diagnose_JobInTheBackgroundOfTheShellThatWaits_IsNoOrphan()
    {
        Assert.Empty(Left(parent: 60).Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_SeveralWhoWaitForIt_AreOneFinding()
    {
        Scene scene = Left();
        scene.Process(80, "next").Opens(3, "/lock", 1, 81).WaitsForLock(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal([65, 70, 80], finding.Pids);
        Assert.Contains("next (80) waits for the same.", finding.Explanation);
    }

    [Fact]
    public void Diagnose_DaemonInASessionOfItsOwn_MayHaveTakenItBeforeItForked()
    {
        Scene scene = Left();
        scene[65].Session = 65;

        Assert.Equal(Confidence.Suspected, Assert.Single(scene.Diagnose().Findings).Confidence);
    }

    [Theory]
    [InlineData(1UL, null, Confidence.Suspected)] // nohup(1)
    [InlineData(0UL, "/var/log/server.log", Confidence.Suspected)]
    [InlineData(0UL, "/dev/null", Confidence.Suspected)]
    [InlineData(0UL, "/ci/job.log", Confidence.Likely)] // where who waits writes as well
    public void Diagnose_HolderThatWasStartedToStay_MayHaveBeenHandedTheLock(ulong ignored, string? output, Confidence confidence)
    {
        Scene scene = Left();
        scene[65].Ignored = ignored;
        scene[70].Has(1, "/ci/job.log", FdAccess.Write).Has(2, "/dev/null", FdAccess.Write);
        if (output is not null)
            scene[65].Has(1, output, FdAccess.Write);

        Assert.Equal(confidence, Assert.Single(scene.Diagnose().Findings).Confidence);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Diagnose_HolderThatWakesNowAndThen_IsToldWhereItOnlyLooksForClients(bool listens)
    {
        Scene scene = Left(server => server.Socket(5, 600)
            .Thread(65, 7, "poll_schedule_timeout.constprop.0", new CallMemory { PollSet = [new PollMember(5, 1)] }, [0x3000, 1, 500]), ran: 998);
        scene.Sockets = [Scene.Connected(600, null) with { Family = SocketFamily.Inet, State = listens ? SocketState.Listening : SocketState.Established }];

        Assert.Equal(listens ? [Confidence.Suspected] : [], scene.Diagnose().Findings.Select(finding => finding.Confidence));
    }

    [Fact]
    public void Diagnose_CopyOfWhoWaitsThatIsNoDaemon_MayHaveBeenLeftBehind()
    {
        Scene scene = Left();
        scene[65].Cmdline = scene[70].Cmdline = ["/usr/bin/job"];
        scene[65].WriteEnd(7000, 1);

        Assert.Equal(Confidence.Suspected, Assert.Single(scene.Diagnose().Findings).Confidence);
    }

    [Fact]
    public void Diagnose_WhoWaitsTookItItselfAndClosedIt_HasLeftItToWhomItStarted()
    {
        Scene scene = new();
        scene.Process(60, "deploy").Opens(4, "/lock", 1, 61).WaitsForLock(4);
        scene.Process(65, "deploy").Opens(3, "/lock", 1, 66, Flock(60)).Sleeps().Session = 65;

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("lock-held-by-orphan", Confidence.Likely), (finding.Rule, finding.Confidence));
    }

    [Theory]
    [InlineData("closed on exec")]
    [InlineData("taken itself")]
    [InlineData("asked flock(1) for it")]
    [InlineData("second instance")]
    [InlineData("child of its taker")]
    [InlineData("with a timer")]
    [InlineData("held above as well")]
    [InlineData("runs")]
    [InlineData("its child runs")]
    public void Diagnose_LockThatIsHeldOnPurpose_IsHealthy(string how)
    {
        Scene scene = Left();
        switch (how)
        {
            case "closed on exec":
                scene[65].Fd(3, fd => fd with { CloseOnExec = true });
                break;
            case "taken itself":
                scene[65].Fd(3, fd => fd with { Locks = [Flock(65)] });
                break;
            case "asked flock(1) for it":
                scene[65].Fd(3, fd => fd with { Locks = [Flock(67)] });
                break;
            case "second instance":
                scene[65].Cmdline = scene[70].Cmdline = ["/usr/sbin/daemon"];
                break;
            case "child of its taker":
                scene.Process(62, "taker").Sleeps();
                scene[65].With = record => record with { Ppid = 62 };
                break;
            case "with a timer":
                scene[70].Timers = true;
                break;
            case "held above as well":
                scene[60].Opens(9, "/lock", 1, 66, Flock(62));
                break;
            case "runs":
                scene[65].Runs();
                break;
            default:
                scene.Process(66, "work", parent: 65).Runs();
                break;
        }

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Suspects_WhoHasTheFileOfALockOpen_IsAsked()
    {
        Scene scene = Left();
        scene.Process(90, "other").Opens(3, "/other", 2, 91).Sleeps();

        IReadOnlySet<int> suspects = Diagnoser.Suspects(scene.Look(), new LookMemory());

        Assert.Contains(65, suspects);
        Assert.DoesNotContain(90, suspects);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)] // two files with this inode
    public void Diagnose_LockOfAFileThatNoMountHas_IsKnownByTheTable(int files, int findings)
    {
        FileLock line = Flock(10);
        Scene scene = new() { Locks = [line, line with { Waits = true, Pid = 11 }, .. Enumerable.Range(1, files - 1).Select(next => line with { Waits = true, Pid = 11, Device = (uint)next })] };
        scene.Process(10, "parent").Opens(3, "/memfd:l (deleted)", 1, 12, line).Fd(3, fd => fd with { Device = null }).WaitsFor(11);
        scene.Process(11, "child", parent: 10).Opens(4, "/memfd:l (deleted)", 1, 13).Fd(4, fd => fd with { Device = null }).WaitsForLock(4);

        Assert.Equal(Enumerable.Repeat("file-lock-held-by-stuck", findings), scene.Diagnose().Findings.Select(finding => finding.Rule));
    }

    /// <summary><c>flock /lock sh -c 'daemon &amp;'; flock /lock true</c>.</summary>
    private static Scene Left(Action<Actor>? does = null, int ran = 900, int parent = 1)
    {
        Scene scene = new();
        scene.Process(60, "shell").WaitsFor(70);
        scene.Process(70, "deploy", parent: 60).Opens(3, "/lock", 1, 71).WaitsForLock(3);
        Actor daemon = scene.Process(65, "daemon", parent).Opens(3, "/lock", 1, 66, Flock(62)).Fd(3, fd => fd with { CloseOnExec = false });
        daemon.LastRan = TimeSpan.FromSeconds(ran);
        (does ?? (sleeper => sleeper.Sleeps()))(daemon);
        return scene;
    }

    private static FileLock Flock(int taker) => new(1, false, LockKind.Flock, LockAccess.Write, taker, 0xfe00000, 1, 0, long.MaxValue);
}
