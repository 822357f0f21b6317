using System.Text.Json;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class DiagnoserTests
{
    [Fact]
    public void Diagnose_FoundingHangWaitingForTheEnd_NamesTheDuplicate()
    {
        Finding finding = Assert.Single(Scenes.Founding(eof: true).Diagnose().Findings);

        Assert.Equal((FindingClass.Deadlock, Confidence.Proven, "eof-held-by-duplicate"), (finding.Class, finding.Confidence, finding.Rule));
        Assert.Equal([100, 110, 120], finding.Pids);
        Assert.Equal((120, 4, "pipe:[7001]"), (finding.Culprit!.Pid, finding.Culprit.Fd, finding.Culprit.Resource));
        Assert.Equal(
            [
                "runner (100) waits for its child contract-tests (110) to exit.",
                "contract-tests (110) reads pipe 7001 (fd 32) to its end. Its write end is open at fd 1 and again at fd 4 of served-child (120), the same pipe twice. Its other 2 threads wait on futexes, which only threads of the same process could wake.",
                "served-child (120) reads pipe 7003 (fd 29) to its end. Its write end is open at fd 30 of contract-tests (110). Its other 6 threads wait on futexes, which only threads of the same process could wake.",
                "Nobody else can wake any of them.",
                "It ends when served-child (120) closes fd 4 as well as fd 1: either alone leaves the pipe open.",
            ],
            finding.Explanation);
        Assert.Equal([ParticipantRole.RootWaiter, ParticipantRole.Waiter, ParticipantRole.Holder], finding.Participants.Select(participant => participant.Role));
        Assert.Contains("no-itimer", finding.Assumptions);
    }

    [Fact]
    public void Diagnose_FoundingHangAsSeen_IsJoinedByKinshipAndBlamesNoDuplicate()
    {
        Finding finding = Assert.Single(Scenes.Founding(eof: false).Diagnose().Findings);

        Assert.Equal((FindingClass.Deadlock, Confidence.Proven, "stdio-duplicate-stuck"), (finding.Class, finding.Confidence, finding.Rule));
        Assert.Equal([100, 110, 120], finding.Pids);
        WaitEdge kinship = Assert.Single(finding.Edges, edge => edge.Basis == EdgeBasis.Kinship);
        Assert.Equal((110, 120), (kinship.From.Pid, kinship.To[0].Pid));
        Assert.Contains(finding.Notes, note => note.Contains("not its proven cause"));
    }

    [Fact]
    public void Diagnose_SameHangLookedAtLater_KeepsItsId()
    {
        Scene scene = Scenes.Founding(eof: true);
        string id = scene.Diagnose().Findings[0].Id;

        scene.Process(90, "make").WaitsFor(100);

        Assert.Equal(id, scene.Diagnose().Findings[0].Id);
    }

    [Fact]
    public void Diagnose_MemberThatRanBetweenTheLooks_IsNoDeadlock()
    {
        // Two that play ping-pong through pipes are in pipe reads at every look.
        Scene scene = Scenes.CrossReaders();
        Snapshot first = scene.Look(1000);
        scene[10].Ran();

        Assert.Empty(Diagnoser.Diagnose(first, scene.Look(1001), LookMemory.Empty, new DiagnosisOptions()).Findings);
    }

    [Fact]
    public void Diagnose_CrossReaders_IsAStuckSetThatNoRuleNames()
    {
        Finding finding = Assert.Single(Scenes.CrossReaders().Diagnose().Findings);

        Assert.Equal(("stuck-set", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Null(finding.Culprit);
    }

    public static TheoryData<string> WaysOut => [.. Ways.Keys];

    private static readonly Dictionary<string, Action<Scene>> Ways = new()
    {
        ["a third process holds the write end and sleeps"] = scene => scene.Process(12, "third").WriteEnd(7000, 5).Sleeps(),
        ["a third process holds the read end and sleeps"] = scene => scene.Process(12, "third").ReadEnd(7000, 5).Sleeps(),
        ["a thread of a member sleeps"] = scene => scene[10].Sleeps(),
        ["a thread of a member runs"] = scene => scene[10].Runs(),
        ["a thread of a member waits for a socket"] = scene => scene[10].Has(9, "socket:[5]", FdAccess.ReadWrite).Thread(18, 45, "unix_stream_read_generic", 9),
        ["a thread of a member waits in an unknown call"] = scene => scene[10].Thread(18, 500, "mystery"),
        ["a member is stopped"] = scene => scene[10].Thread(18, 0, "do_signal_stop", null, [3], 'T'),
        ["a member has a POSIX timer"] = scene => scene[10].Timers = true,
        ["a member catches SIGALRM"] = scene => scene[10].Caught = 1UL << 13,
        ["a member catches SIGCHLD and has a child that sleeps"] = scene =>
        {
            scene[10].Caught = 1UL << 16;
            scene.Process(13, "child", parent: 10).Sleeps();
        },
    };

    [Theory]
    [MemberData(nameof(WaysOut))]
    public void Diagnose_CycleWithAWayOut_IsNoDeadlock(string way)
    {
        Scene scene = Scenes.CrossReaders();
        Ways[way](scene);

        Assert.DoesNotContain(scene.Diagnose().Findings, finding => finding.Class == FindingClass.Deadlock);
    }

    [Fact]
    public void Diagnose_SomeFdTablesHidden_IsLikelyAtMost()
    {
        Scene scene = Scenes.CrossReaders();
        scene.Process(20, "secret").Hidden().Sleeps();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(Confidence.Likely, finding.Confidence);
        Assert.Contains(finding.NotProvenBecause, reason => reason.Contains("may not be read"));
    }

    [Fact]
    public void Diagnose_HidingAWayOut_NeverMakesAProof()
    {
        Scene scene = Scenes.CrossReaders();
        scene.Process(12, "third").WriteEnd(7000, 5).Sleeps();
        Assert.Empty(scene.Diagnose().Findings);

        scene[12].Hidden();

        Assert.DoesNotContain(scene.Diagnose().Findings, finding => finding.Confidence == Confidence.Proven);
    }

    [Fact]
    public void Diagnose_OnlyInitIsHidden_IsAProofThatSaysWhatItAssumes()
    {
        Scene scene = Scenes.Founding(eof: true);
        scene[1].Hidden();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(Confidence.Proven, finding.Confidence);
        Assert.Contains(Assumption.InitHoldsNoEnd, finding.Assumptions);
    }

    [Fact]
    public void Diagnose_InitIsHiddenAndAHolderIsItsChild_IsLikelyAtMost()
    {
        Scene scene = Scenes.CrossReaders();
        scene[1].Hidden();

        Assert.Equal(Confidence.Likely, Assert.Single(scene.Diagnose().Findings).Confidence);
    }

    [Fact]
    public void Diagnose_TimersThatCouldNotBeRead_AreNoProof()
    {
        Scene scene = Scenes.CrossReaders();
        scene[10].Timers = null;

        Assert.Equal(Confidence.Likely, Assert.Single(scene.Diagnose().Findings).Confidence);
    }

    [Fact]
    public void Diagnose_AHolderLetGoBetweenTheLooks_WaitsForTheNextLook()
    {
        Scene scene = Scenes.CrossReaders();
        scene.Process(12, "third").WriteEnd(7000, 5).Sleeps();
        Snapshot first = scene.Look(1000);
        Scene after = Scenes.CrossReaders();
        after.Process(12, "third").Sleeps();

        Assert.Empty(Diagnoser.Diagnose(first, after.Look(1001), LookMemory.Empty, new DiagnosisOptions()).Findings);
    }

    [Fact]
    public void Diagnose_PipeWhoseOtherEndNobodyIsSeenToHave_IsNotStuck()
    {
        var scene = new Scene();
        scene.Process(10, "reader").ReadEnd(7000, 3).Reads(3);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_ReaderThatHoldsItsOwnWriteEnd_IsHeldBySelf()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsFor(11);
        scene.Process(11, "filter", parent: 10).ReadEnd(7000, 0).WriteEnd(7000, 4).Reads(0);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("eof-held-by-self", finding.Rule);
        Assert.Equal((11, 4), (finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Equal([10, 11], finding.Pids);
    }

    [Fact]
    public void Diagnose_ParentWaitsForAChildThatReadsFromIt_ChildNeverExits()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).WaitsFor(11);
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("child-never-exits", finding.Rule);
        Assert.Equal((10, 5), (finding.Culprit!.Pid, finding.Culprit.Fd));
    }

    [Fact]
    public void Diagnose_SeveralChildrenAndOneIsFree_NobodyIsStuck()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).WaitsFor(-1);
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);
        scene.Process(12, "worker", parent: 10).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_SigchldIgnoredAndOneChildIsStuck_ParentWaitsForAll()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).WaitsFor(-1);
        scene[10].Ignored = 1UL << 16;
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);
        scene.Process(12, "worker", parent: 10).Sleeps();

        Assert.Equal([10, 11], Assert.Single(scene.Diagnose().Findings).Pids);
    }

    [Fact]
    public void Diagnose_ZombieAmongTheChildrenWaitedFor_ParentIsAboutToWake()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).WaitsFor(-1);
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);
        scene.Process(12, "done", parent: 10).State = 'Z';

        Assert.DoesNotContain(scene.Diagnose().Findings, finding => finding.Class == FindingClass.Deadlock);
    }

    [Fact]
    public void Diagnose_LoneProcessThatCatchesTermination_MayWaitForASignalByDesign()
    {
        var scene = new Scene();
        scene.Process(10, "daemon").ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3);
        scene[10].Caught = 1UL << 14;

        Assert.Empty(scene.Diagnose().Findings);
    }

    /// <summary>Bit of SIGTERM in SigCgt.</summary>
    private const ulong Termination = 1UL << 14;

    [Theory]
    [InlineData("self-pipe")]
    [InlineData("main thread")]
    public void Diagnose_SupervisorAndIdleWorker_MayWaitForASignalByDesign(string how)
    {
        Assert.Equal("stuck-set", Assert.Single(With(caught: 0).Diagnose().Findings).Rule);
        Assert.Empty(With(Termination).Diagnose().Findings);

        Scene With(ulong caught)
        {
            var scene = new Scene();
            Actor supervisor = scene.Process(10, "supervisor").WriteEnd(7000, 5).ReadEnd(7001, 6).ReadEnd(7002, 7).WriteEnd(7002, 8);
            if (how == "self-pipe")
                supervisor.Polls(6, 7);
            else
                supervisor.WaitsOnFutex().Reads(6);
            supervisor.Caught = caught;
            scene.Process(11, "worker", parent: 10).ReadEnd(7000, 0).WriteEnd(7001, 1).Reads(0);
            return scene;
        }
    }

    [Fact]
    public void Diagnose_DuplicateHeldByOneThatCatchesSignals_IsAFaultAllTheSame()
    {
        Scene scene = Scenes.Founding(eof: true);
        scene[110].Caught = Termination;

        Assert.Equal("eof-held-by-duplicate", Assert.Single(scene.Diagnose().Findings).Rule);
    }

    [Fact]
    public void Diagnose_WorkerIdleOnAQueueThatItsParentFeeds_IsNotHeldBySelf()
    {
        // Both have both ends of the queue, as queues for forked workers have.
        var scene = new Scene();
        scene.Process(10, "parent").ReadEnd(7000, 5).WriteEnd(7000, 6).WaitsOnFutex();
        scene[10].Caught = Termination;
        scene.Process(11, "worker", parent: 10).ReadEnd(7000, 5).WriteEnd(7000, 6).Reads(5);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_AllReadATokenPipeAndHoldItsWriteEnd_IsAStuckSetAndNobodysOwnEnd()
    {
        var scene = new Scene();
        scene.Process(10, "make").ReadEnd(7000, 3).WriteEnd(7000, 4).WaitsFor(-1);
        foreach (int pid in new[] { 11, 12, 13 })
            scene.Process(pid, "job", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("stuck-set", 4), (finding.Rule, finding.Pids.Length));
        Assert.Null(finding.Culprit);
    }

    [Fact]
    public void Diagnose_RingWhosePendingWorkIsNotSeen_IsNoDeadlock()
    {
        Scene scene = Scenes.CrossReaders();
        scene[11].Has(9, "anon_inode:[io_uring]", FdAccess.ReadWrite);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_FutexInMemoryThatAFreeProcessShares_IsNoDeadlock()
    {
        var scene = new Scene();
        scene.Process(10, "waiter").WaitsOnFutex();
        scene.Process(11, "sharer", parent: 10).Sleeps();
        Assert.Single(scene.Diagnose().Findings);

        scene[10].SharesMemoryWith = [11];

        Assert.Empty(scene.Diagnose().Findings);
        Assert.Contains(10, Diagnoser.Suspects(scene.Look(), LookMemory.Empty));
    }

    [Fact]
    public void Diagnose_TracerOfSomebodyFree_IsToldOfItAsOfAChild()
    {
        var scene = new Scene();
        scene.Process(10, "tracer").WriteEnd(7000, 5).WaitsFor(-1);
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);
        scene.Process(20, "traced").Sleeps().Tracer = 10;

        Assert.DoesNotContain(scene.Diagnose().Findings, finding => finding.Class == FindingClass.Deadlock);
    }

    [Fact]
    public void Diagnose_ReaderWhoseWritersAreOrphans_IsAStallAfterTheMinimumWait()
    {
        Scene scene = Scenes.HeldByOrphan();

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal((FindingClass.Stall, Confidence.Likely, "eof-held-by-orphan"), (finding.Class, finding.Confidence, finding.Rule));
        Assert.Equal((120, 1), (finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Equal(ParticipantRole.OrphanHolder, finding.Participants[1].Role);

        Assert.DoesNotContain(scene.Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.FromHours(1) }).Findings, other => other.Class == FindingClass.Stall);
    }

    [Fact]
    public void Diagnose_ReaderWhoseWriterIsItsSibling_IsHealthy()
    {
        // Workers of one parent, joined by a pipe that it made for them.
        var scene = new Scene();
        scene.Process(50, "parent").Sleeps();
        scene.Process(60, "consumer", parent: 50).ReadEnd(7000, 5).Reads(5);
        scene.Process(61, "producer", parent: 50).WriteEnd(7000, 6).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(true, false, 1)]
    [InlineData(true, true, 0)]
    [InlineData(false, false, 0)]
    public void Diagnose_ReaderAndWriterStartedByTheSameParent_IsAStallOnlyIfTheReaderMadeThePipe(bool closeOnExec, bool sameProgram, int findings)
    {
        // The parent may be a subreaper that adopted the writer, or have started both, the writer in a session of its own.
        var scene = new Scene();
        scene.Process(50, "parent").Sleeps();
        scene.Process(60, "collector", parent: 50).Has(5, "pipe:[7000]", FdAccess.Read, closeOnExec).Reads(5);
        scene.Process(61, sameProgram ? "collector" : "worker", parent: 50).WriteEnd(7000, 1).Sleeps().Session = 61;

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Fact]
    public void Suspects_ReaderThatIsHeldUp_StaysASuspectWhateverItsFlags()
    {
        var scene = new Scene();
        scene.Process(50, "parent").Sleeps();
        scene.Process(60, "collector", parent: 50).Has(5, "pipe:[7000]", FdAccess.Read, closeOnExec: false).Reads(5);
        scene.Process(61, "worker", parent: 50).WriteEnd(7000, 1).Sleeps().Session = 61;

        Assert.Contains(60, Diagnoser.Suspects(scene.Look(), LookMemory.Empty));
    }

    [Fact]
    public void Diagnose_ReaderOfWhatItsParentHolds_IsHealthy()
    {
        // A lifeline: the child learns from it that its parent has ended. Both started within one clock tick.
        var scene = new Scene();
        Actor parent = scene.Process(60, "parent").WriteEnd(7000, 4).Sleeps();
        Actor child = scene.Process(61, "child", parent: 60).Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: true).Reads(3);
        parent.Session = child.Session = 60;
        parent.StartTimeTicks = child.StartTimeTicks = 77;

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_WriterThatLostAParentOfAnotherFamily_IsNotTheReadersOrphan()
    {
        // A daemon that was started in two steps, and the collector of its log: one starter made both, and the pipe.
        var before = new Scene();
        before.Process(100, "starter").Sleeps();
        before.Process(110, "collector", parent: 100).ReadEnd(7000, 5).Reads(5).Session = 110;
        before.Process(120, "step", parent: 100).Sleeps();
        before.Process(130, "daemon", parent: 120).WriteEnd(7000, 1).Sleeps().Session = 120;
        var after = new Scene();
        after.Process(110, "collector").ReadEnd(7000, 5).Reads(5).Session = 110;
        after.Process(130, "daemon").WriteEnd(7000, 1).Sleeps().Session = 120;
        Snapshot first = after.Look(1000), last = after.Look(1020);
        LookMemory memory = LookMemory.Empty.Advance(before.Look(990)).Advance(first).Advance(last);

        Assert.DoesNotContain(Diagnoser.Diagnose(first, last, memory, new DiagnosisOptions()).Findings, finding => finding.Class == FindingClass.Stall);
    }

    [Fact]
    public void Diagnose_FirstProcessOfAPidNamespace_IsNobodysLeftover()
    {
        // What starts a container exits once it runs; who collects its output is the subreaper.
        var before = new Scene();
        before.Process(100, "monitor").ReadEnd(7000, 5).Reads(5);
        before.Process(110, "starter", parent: 100).Sleeps();
        before.Process(120, "contained", parent: 110).WriteEnd(7000, 1).Sleeps().NsPid = 1;
        var after = new Scene();
        after.Process(100, "monitor").ReadEnd(7000, 5).Reads(5);
        after.Process(120, "contained", parent: 100).WriteEnd(7000, 1).Sleeps().NsPid = 1;
        Snapshot first = after.Look(1000), last = after.Look(1020);
        LookMemory memory = LookMemory.Empty.Advance(before.Look(990)).Advance(first).Advance(last);

        Assert.DoesNotContain(Diagnoser.Diagnose(first, last, memory, new DiagnosisOptions()).Findings, finding => finding.Class == FindingClass.Stall);
    }

    [Fact]
    public void Diagnose_WriterThatWasSeenToLoseItsParent_IsAnOrphanWhereverItIs()
    {
        // The runner itself is the subreaper: only who saw it happen knows that the holder was no child of its own.
        var before = new Scene();
        before.Process(100, "runner").ReadEnd(7000, 3).Reads(3);
        before.Process(110, "test", parent: 100).Sleeps();
        before.Process(120, "leftover", parent: 110).WriteEnd(7000, 1).Sleeps();
        var after = new Scene();
        after.Process(100, "runner").ReadEnd(7000, 3).Reads(3);
        after.Process(120, "leftover", parent: 100).WriteEnd(7000, 1).Sleeps();
        Snapshot first = after.Look(1000), last = after.Look(1020);
        LookMemory memory = LookMemory.Empty.Advance(before.Look(990)).Advance(first).Advance(last);

        Finding finding = Assert.Single(Diagnoser.Diagnose(first, last, memory, new DiagnosisOptions()).Findings);

        Assert.Equal("eof-held-by-orphan", finding.Rule);
        Assert.Equal((110, "test"), (finding.Participants[1].Orphan!.LostPpid, finding.Participants[1].Orphan!.LostParent));
    }

    [Fact]
    public void Diagnose_PipelineWhoseWriterSleeps_IsHealthy()
    {
        var scene = new Scene();
        scene.Process(50, "sh").WaitsFor(-1);
        scene.Process(60, "sleep", parent: 50).WriteEnd(7000, 1).Sleeps();
        scene.Process(61, "cat", parent: 50).ReadEnd(7000, 0).Reads(0);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_ServiceThatDuplicatesItsStdio_IsAHazardAndNoHang()
    {
        var scene = new Scene();
        scene.Process(10, "reader").ReadEnd(7001, 3).Polls(3);
        scene.Process(11, "service").WriteEnd(7001, 1, 4).Sleeps();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal((FindingClass.Hazard, "stdio-duplicate"), (finding.Class, finding.Rule));
        Assert.Equal((11, 4), (finding.Culprit!.Pid, finding.Culprit.Fd));
    }

    [Fact]
    public void Diagnose_StderrSentToStdout_IsNoHazard()
    {
        var scene = new Scene();
        scene.Process(11, "service").WriteEnd(7001, 1, 2).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_ManyZombiesOfOneParent_AreOneFinding()
    {
        var scene = new Scene();
        scene.Process(10, "parent").Sleeps();
        for (int pid = 11; pid < 23; pid++)
            scene.Process(pid, "done", parent: 10).State = 'Z';

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("unreaped-zombies", 12), (finding.Rule, finding.Pids.Length));
    }

    [Fact]
    public void Diagnose_OneYoungZombie_IsNotTold()
    {
        var scene = new Scene();
        scene.Process(10, "parent").Sleeps();
        scene.Process(11, "done", parent: 10).State = 'Z';

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_EveryFinding_SerialisesAndComesBackTheSame()
    {
        Finding finding = Scenes.Founding(eof: true).Diagnose().Findings[0];

        string json = JsonSerializer.Serialize(finding, FindingJson.Default.Finding);
        Finding back = JsonSerializer.Deserialize(json, FindingJson.Default.Finding)!;

        Assert.Equal(json, JsonSerializer.Serialize(back, FindingJson.Default.Finding));
        Assert.Contains("\"root-waiter\"", json);
    }

    [Fact]
    public void Diagnose_LooksOfDifferentBoots_IsRefused()
    {
        Snapshot first = new Scene().Look(), last = first with { Host = first.Host with { BootId = "other" } };

        Assert.Throws<ArgumentException>(() => Diagnoser.Diagnose(first, last, LookMemory.Empty, new DiagnosisOptions()));
    }

    [Fact]
    public void Suspects_WhoWasCleared_StaysASuspect()
    {
        // What cleared it was read because it was a suspect: else it would be one again at every second look.
        Scene scene = Scenes.CrossReaders();
        scene[10].Timers = true;

        Assert.Contains(10, Diagnoser.Suspects(scene.Look(), LookMemory.Empty));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void Diagnose_RuntimeThatKeepsItsOwnDuplicates_IsToldOfOnlyIfChildrenInheritThem(bool closeOnExec, int findings)
    {
        var scene = new Scene();
        scene.Process(11, ".NET TP Worker").WriteEnd(7001, 1).Has(6, "pipe:[7001]", FdAccess.Write, closeOnExec).Sleeps();

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
        Assert.Contains(11, Diagnoser.Suspects(scene.Look(), LookMemory.Empty));
    }

    [Fact]
    public void Suspects_OneLook_AreThoseWhoMightBeTold()
    {
        Scene scene = Scenes.Founding(eof: true);
        scene.Process(200, "bystander").Sleeps();

        IReadOnlySet<int> suspects = Diagnoser.Suspects(scene.Look(), LookMemory.Empty);

        Assert.Superset(new HashSet<int> { 100, 110, 120 }, suspects.ToHashSet());
        Assert.DoesNotContain(200, suspects);
    }

    [Fact]
    public void Explain_WaiterOnTheWay_IsFollowedToWhoCanStillRun()
    {
        var scene = new Scene();
        scene.Process(50, "sh").WaitsFor(60);
        scene.Process(60, "cat", parent: 50).ReadEnd(7000, 0).Reads(0);
        scene.Process(61, "sleep", parent: 50).WriteEnd(7000, 1).Sleeps();
        Snapshot look = scene.Look();

        Explanation explanation = Explainer.Explain(look, look, LookMemory.Empty, new DiagnosisOptions(), 50);

        Assert.Equal(
            [
                "sh (50) waits for its child cat (60) to exit.",
                "cat (60) reads pipe 7000 (fd 0) to its end. Its write end is open at fd 1 of sleep (61).",
                "sleep (61) sleeps until a timer ends.",
            ],
            explanation.Hops);
        Assert.Null(explanation.Finding);
    }
}
