using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class DeadlockTests
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
    public void Diagnose_CrossReadersKnownToHaveNoAlarm_NeedNotAssumeIt()
    {
        Scene scene = new();
        scene.Process(10, "a").Reads(0).ReadEnd(1, 0).WriteEnd(2, 1).Alarm = false;
        scene.Process(20, "b").Reads(0).ReadEnd(2, 0).WriteEnd(1, 1).Alarm = false;

        Assert.DoesNotContain("no-itimer", Assert.Single(scene.Diagnose().Findings).Assumptions);
    }

    [Theory]
    [InlineData(Alarm, false, Confidence.Proven)] // known not to be set
    [InlineData(Alarm, null, null)]
    [InlineData(AllTimers, null, Confidence.Likely)] // whatever would end it is caught
    [InlineData(AllTimers, true, null)]
    public void Diagnose_CrossReadersOneOfWhomCatchesAlarms_AreStuckWhereNoneIsSet(ulong caught, bool? alarm, Confidence? told)
    {
        var scene = new Scene();
        Actor one = scene.Process(10, "a").Reads(0).ReadEnd(1, 0).WriteEnd(2, 1);
        (one.Caught, one.Alarm) = (caught, alarm);
        scene.Process(20, "b").Reads(0).ReadEnd(2, 0).WriteEnd(1, 1);

        Assert.Equal(told, scene.Diagnose().Findings.SingleOrDefault()?.Confidence);
    }

    [Theory]
    [InlineData(9, 1)]
    [InlineData(0, 0)]
    public void Diagnose_ReadersThatAreToldOfTheirParentsDeath_AreStuckWhereThatIsTheLooker(int looker, int findings)
    {
        var scene = new Scene();
        scene.Process(9, "parent").Sleeps();
        scene.Process(10, "a", parent: 9).Reads(0).ReadEnd(1, 0).WriteEnd(2, 1).With = record => record with { HasParentDeathSignal = true };
        scene.Process(20, "b", parent: 9).Reads(0).ReadEnd(2, 0).WriteEnd(1, 1);
        Snapshot first = scene.Look(1000), last = scene.Look(1001) with { ObserverPid = looker };

        Assert.Equal(findings, Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), new DiagnosisOptions()).Findings.Length);
    }

    private const ulong Alarm = 1UL << 13, AllTimers = Alarm | 1UL << 25 | 1UL << 26;

    [Fact]
    public void Diagnose_CrossReadersOneOfWhomHasAnAlarm_AreNotStuck()
    {
        Scene scene = new();
        scene.Process(10, "a").Reads(0).ReadEnd(1, 0).WriteEnd(2, 1).Alarm = true;
        scene.Process(20, "b").Reads(0).ReadEnd(2, 0).WriteEnd(1, 1).Alarm = false;

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_EndThatIsOpenTwentyThousandTimes_NamesSomeOfThemAndSaysSo()
    {
        Scene scene = new();
        scene.Process(10, "reader").ReadEnd(1, 5).Reads(5).WriteEnd(1, [.. Enumerable.Range(100, 20_000)]);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.InRange(finding.Culprits.Length, 1, 512);
        Assert.Contains(finding.Notes, note => note.Contains("20000 culprits", StringComparison.Ordinal));
        Assert.All(finding.Edges, edge => Assert.InRange(edge.To.Length, 0, 512));
        Assert.InRange(finding.Explanation.Length, 1, 50);
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

        Assert.Empty(Diagnoser.Diagnose(first, scene.Look(1001), new LookMemory(), new DiagnosisOptions()).Findings);
    }

    [Fact]
    public void Diagnose_RingThatNoRuleNames_IsAStuckSet()
    {
        // One polls for room in a pipe of which it is not seen whether it is full.
        var scene = new Scene();
        scene.Process(10, "left").ReadEnd(7000, 3).ReadEnd(7001, 4).Reads(3);
        scene.Process(11, "right").WriteEnd(7000, 4).WriteEnd(7001, 5).Polls(5);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

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

        Assert.Empty(Diagnoser.Diagnose(first, after.Look(1001), new LookMemory(), new DiagnosisOptions()).Findings);
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
    public void Diagnose_TwoWhoReadWhatTheOtherCouldWriteAndHaveAllEnds_WaitForEachOther()
    {
        var scene = new Scene();
        scene.Process(10, "parent").ReadEnd(7000, 3).WriteEnd(7000, 4).ReadEnd(7001, 5).WriteEnd(7001, 6).Reads(3);
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).ReadEnd(7001, 5).WriteEnd(7001, 6).Reads(5);

        Assert.Equal("pipe-read-cycle", Assert.Single(scene.Diagnose().Findings).Rule);
    }

    [Fact]
    public void Diagnose_OneOfTwoHoldersOfItsWriteEndReads_RemedyNamesBoth()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).WaitsFor(11);
        scene.Process(11, "filter", parent: 10).ReadEnd(7000, 0).WriteEnd(7000, 4).Reads(0);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("eof-held-by-self", finding.Rule);
        Assert.EndsWith("that it reads, and parent (10) (fd 5) lets go of it as well.", finding.Culprit!.Remedy, StringComparison.Ordinal);
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
    public void Diagnose_WorkerIdleOnAQueueThatItsParentFeeds_IsNotHeldBySelf()
    {
        // Both have both ends of the queue, as queues for forked workers have.
        var scene = new Scene();
        scene.Process(10, "parent").ReadEnd(7000, 5).WriteEnd(7000, 6).WaitsOnFutex();
        scene[10].Caught = 1UL << 14; // SIGTERM
        scene.Process(11, "worker", parent: 10).ReadEnd(7000, 5).WriteEnd(7000, 6).Reads(5);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_ParentInAPidNamespace_WaitsForItsChildByTheNumbersOfTheLook()
    {
        var scene = new Scene();
        scene.Process(2, "another").Sleeps();
        scene.Process(100, "parent").WriteEnd(7000, 4).WaitsFor(2).NsPid = 1;
        scene.Process(110, "child", parent: 100).ReadEnd(7000, 3).Reads(3).NsPid = 2;

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal([100, 110], finding.Pids);
        Assert.Equal("parent (100) waits for its child child (110) to exit, which has the number 2 in its pid namespace.", finding.Explanation[0]);
        Assert.Contains(finding.Edges, edge => edge.Resource == "child:110");
    }

    [Fact]
    public void Diagnose_WhoSharesAPipeReadsMessages_IsNotStarvedOfTokens()
    {
        var scene = new Scene();
        scene.Process(10, "parent").ReadEnd(7000, 3).WriteEnd(7000, 4).WaitsFor(-1);
        foreach (int pid in new[] { 11, 12, 13 })
            scene.Process(pid, "worker", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3);

        Assert.DoesNotContain("jobserver-starved", scene.Diagnose().Findings.Select(finding => finding.Rule));
    }

    [Fact]
    public void Diagnose_ReaderOfWhoWaitsAtATerminalOfTheReader_AreARingOfReads()
    {
        var scene = new Scene();
        Actor reader = scene.Process(10, "reader").ReadEnd(7000, 5).Has(3, "/dev/ptmx", FdAccess.ReadWrite).Reads(5);
        reader.With = record => record with { Fds = [.. record.Fds.Select(fd => fd.Number == 3 ? fd with { TtyIndex = 7 } : fd)] };
        scene.Process(11, "shell", parent: 10).WriteEnd(7000, 1).Has(0, "/dev/pts/7", FdAccess.Read).Fd(0, fd => fd with { Timeouts = new SocketTimeouts(default, default) }).Thread(11, 0, "wait_woken", 0);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal((Confidence.Proven, "pipe-read-cycle"), (finding.Confidence, finding.Rule));
        Assert.Contains(finding.Culprits, culprit => (culprit.Pid, culprit.Fd) == (10, 3) && culprit.Remedy == "It ends when reader (10) writes to the other side of /dev/pts/7 (fd 3), which shell (11) reads, or closes it.");
    }

    [Fact]
    public void Diagnose_AllReadATokenPipeAndHoldItsWriteEnd_AreStarvedAndNobodysOwnEndIsToBlame()
    {
        var scene = new Scene();
        scene.Process(10, "make").ReadEnd(7000, 3).WriteEnd(7000, 4).WaitsFor(-1);
        foreach (int pid in new[] { 11, 12, 13 })
            scene.Process(pid, "job", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).ReadsAByte(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("jobserver-starved", 4), (finding.Rule, finding.Pids.Length));
        // Each of them could give back what it has: who has the tokens shows nowhere.
        Assert.Equal([(11, 3), (12, 3), (13, 3)], finding.Culprits.Select(culprit => (culprit.Pid, culprit.Fd!.Value)));
    }

    [Fact]
    public void Diagnose_RingWhosePendingWorkIsNotSeen_IsNoDeadlock()
    {
        Scene scene = Scenes.CrossReaders();
        scene[11].Has(9, "anon_inode:[io_uring]", FdAccess.ReadWrite);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(false, Confidence.Proven)]
    [InlineData(true, null)]
    [InlineData(null, Confidence.Likely)] // what is hidden proves nothing
    public void Diagnose_RingThatIsMappedAlone_MayWriteAtAnyTime(bool? ring, Confidence? confidence)
    {
        Scene scene = Scenes.CrossReaders();
        scene[11].With = record => record with { HasIoUring = ring };

        Assert.Equal(confidence, scene.Diagnose().Findings.SingleOrDefault()?.Confidence);
    }

    [Fact]
    public void Diagnose_KinWithARing_MayHaveAnEndWithoutADescriptor()
    {
        Scene scene = Scenes.CrossReaders();
        scene.Process(12, "kin", parent: 10).Has(3, "anon_inode:[io_uring]", FdAccess.ReadWrite).Sleeps();

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
        Assert.Contains(10, Diagnoser.Suspects(scene.Look(), new LookMemory()));
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
}
