using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class StallTests
{
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

    [Theory]
    [InlineData(1, 1)]
    [InlineData(20, 0)] // one long timeout may lead somewhere
    public void Diagnose_ReaderThatLooksAgainAtEachTimeout_IsHeldUpOnceItHasComeBackForTheMinimumWait(int every, int findings)
    {
        var scene = new Scene();
        Actor runner = scene.Process(100, "runner").Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: true)
            .Thread(100, 7, "poll_schedule_timeout", new CallMemory { PollSet = [new PollMember(3, 1)] }, [0x3000, 1, (ulong)every * 1000]);
        Actor left = scene.Process(120, "leftover").Has(0, "/dev/null", FdAccess.Read).WriteEnd(7000, 1).Sleeps();
        left.Session = left.Pgrp = 110;
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        for (int at = 1000; at < 1010; at++)
        {
            runner.With = record => record with { Threads = [.. record.Threads.Select(thread => thread with { LastRan = TimeSpan.FromSeconds(at - at % every) })] };
            if (at % every == 0)
                runner.Ran();
            ImmutableArray<Finding> early = diagnosis.Advance(scene.Look(at)).Findings;
            Assert.DoesNotContain(early, finding => finding.Class == FindingClass.Stall);
            if (at > 1000)
                Assert.Equal([100], diagnosis.MayRetry(early));
        }
        if (1012 % every == 0)
            runner.Ran();
        Finding[] told = [.. diagnosis.Advance(scene.Look(1012)).Findings.Where(finding => finding.Class == FindingClass.Stall)];

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding => Assert.Equal(("eof-held-by-orphan", Confidence.Likely), (finding.Rule, finding.Confidence)));
        Assert.All(told, finding => Assert.Contains(finding.NotProvenBecause, why => why.Contains("a timeout wakes", StringComparison.Ordinal)));
    }

    /// <summary>The kernel may lose it; then the process may have stood still for as long as it lives, or since just now.</summary>
    [Fact]
    public void Diagnose_ReaderOfWhichItDoesNotShowWhenItLastRan_IsHeldUpOnceItWasSeenForTheMinimumWait()
    {
        Scene scene = Scenes.HeldByOrphan();
        scene[100].With = record => record with { Threads = [.. record.Threads.Select(thread => thread with { LastRan = null })] };
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        diagnosis.Advance(scene.Look(1000));

        ImmutableArray<Finding> early = diagnosis.Advance(scene.Look(1005)).Findings;
        Assert.DoesNotContain(early, finding => finding.Class == FindingClass.Stall);
        Assert.Contains(100, diagnosis.MayRetry(early));

        ImmutableArray<Finding> late = diagnosis.Advance(scene.Look(1011)).Findings;
        Assert.Equal("eof-held-by-orphan", Assert.Single(late, finding => finding.Class == FindingClass.Stall).Rule);
        Assert.Empty(diagnosis.MayRetry(late));
    }

    [Theory]
    [InlineData("poll", 600_000, 1)]
    [InlineData("epoll", 600_000, 1)] // a test run of Go with its limit
    [InlineData("poll", 60_000, 1)]
    [InlineData("poll", 59_999, 0)]
    [InlineData("epoll", 59_999, 0)]
    public void Diagnose_ReaderWithALimitOfMinutes_IsSuspectedFromTheMinimumWaitOn(string by, int limit, int findings)
    {
        var scene = new Scene();
        Actor runner = scene.Process(100, "runner").Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: true);
        if (by == "poll")
            runner.Thread(100, 7, "poll_schedule_timeout", new CallMemory { PollSet = [new PollMember(3, 1)] }, [0x3000, 1, (ulong)limit]);
        else
            runner.WaitsInEpollFor((ulong)limit, 4, new EpollMember(3, 1, 7000, 12));
        Actor left = scene.Process(120, "leftover").Has(0, "/dev/null", FdAccess.Read).WriteEnd(7000, 1).Sleeps();
        left.Session = left.Pgrp = 110;
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        for (int at = 1000; at < 1030; at++)
        {
            // It has read what was still to come, and waits on. (With a shorter limit it would have come back.)
            if (at == 1005 && findings == 1)
                runner.Ran();
            diagnosis.Advance(scene.Look(at));
        }
        Finding[] told = [.. diagnosis.Advance(scene.Look(1030)).Findings.Where(finding => finding.Class == FindingClass.Stall)];

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding => Assert.Equal(("eof-held-by-orphan", Confidence.Suspected), (finding.Rule, finding.Confidence)));
        Assert.All(told, finding => Assert.Contains("a timeout will end the wait of runner (100)", finding.NotProvenBecause));
    }

    [Theory]
    [InlineData("reads", 7, 1)]
    [InlineData("selects", 7, 1)]
    [InlineData("selects beside its stdin", 7, 1)]
    [InlineData("selects beside a connection", 7, 0)] // it shows the terminal to somebody
    [InlineData("reads", 8, 0)] // the master of another one
    [InlineData("reads", null, 0)] // may not be asked
    public void Diagnose_ReaderOfATerminalThatOnlyAnOrphanHas_IsHeldUp(string how, int? index, int findings)
    {
        Scene scene = WithLeftover(index, how);

        Finding[] told = [.. scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Stall)];

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding => Assert.Equal(("eof-held-by-orphan", Confidence.Likely, 120, "/dev/pts/7"), (finding.Rule, finding.Confidence, finding.Culprit!.Pid, finding.Culprit.Resource)));
        Assert.All(told, finding => Assert.Equal("runner (100) waits for the end of the terminal /dev/pts/7, which leftover (120) holds open: left behind by a child that has exited.", finding.Summary));
    }

    [Theory]
    [InlineData(100)] // whose end would not come then either
    [InlineData(130)]
    public void Diagnose_ReaderOfATerminalThatOthersHaveAsWell_IsNotHeldUp(int other)
    {
        Scene scene = WithLeftover(7, "reads");
        (other == 100 ? scene[100] : scene.Process(other, "shell", parent: 100).Sleeps()).Has(5, "/dev/pts/7", FdAccess.ReadWrite);

        Assert.DoesNotContain(scene.Diagnose().Findings, finding => finding.Class is FindingClass.Stall or FindingClass.Deadlock);
    }

    [Fact]
    public void Suspects_ReaderOfATerminal_IsOneOnlyWhereItsFamilyMayHaveLeftSomethingAtOne()
    {
        Assert.Equal((true, false), (IsSuspected(parent: 1), IsSuspected(parent: 100)));

        static bool IsSuspected(int parent)
        {
            Scene scene = WithLeftover(null, "reads", parent);
            scene[100].Sleeps(); // another thread: it is no member of a deadlock
            Snapshot look = scene.Look();
            return Diagnoser.Suspects(look, new LookMemory().Advance(look)).Contains(100);
        }
    }

    /// <summary>A runner with the master of a terminal, and what is left of the job that ran there.</summary>
    private static Scene WithLeftover(int? index, string how, int parent = 1)
    {
        var scene = new Scene();
        Actor runner = scene.Process(100, "runner").Has(3, "/dev/ptmx", FdAccess.ReadWrite, closeOnExec: true).Fd(3, fd => fd with { TtyIndex = index });
        if (how == "reads")
            runner.Thread(100, 0, "wait_woken", 3);
        else if (how == "selects")
            runner.Polls(3);
        else if (how == "selects beside its stdin")
            runner.ReadEnd(7000, 0).Polls(3, 0);
        else
            runner.Has(5, "socket:[9000]", FdAccess.ReadWrite).Polls(3, 5);
        Actor left = scene.Process(120, "leftover", parent).Has(0, "/dev/pts/7", FdAccess.ReadWrite).Has(1, "/dev/pts/7", FdAccess.ReadWrite).Sleeps();
        left.Session = left.Pgrp = parent == 1 ? 110 : 120;
        return scene;
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("serves others", false)]
    [InlineData("waits for any child", false)]
    [InlineData("waits for one child", true)]
    [InlineData("in the background of a shell that waits to be told to end", false)]
    [InlineData("in the background of a shell", true)]
    [InlineData("in the foreground of a shell that would be told to end", true)]
    public void Diagnose_ReaderOfWhatAServerSays_MayKeepItsLogsIfItIsASupervisor(string how, bool told)
    {
        var scene = new Scene { Sockets = [new SocketRecord(900, SocketFamily.Inet, SocketType.Stream, SocketState.Listening), new SocketRecord(901, SocketFamily.Inet, SocketType.Stream, SocketState.Listening)] };
        bool shell = how.Contains("shell", StringComparison.Ordinal);
        Actor runner = scene.Process(100, "runner", parent: shell ? 99 : 1).Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: true).Reads(3);
        if (how == "serves others")
            runner.Socket(4, 901).Thread(101, 43, "inet_csk_accept", 4);
        else if (how.StartsWith("waits for", StringComparison.Ordinal))
            runner.WaitsFor(how == "waits for any child" ? -1 : 105);
        else if (shell)
            scene.Process(99, "bash").WaitsFor(-1).Caught = how.Contains("told", StringComparison.Ordinal) ? 1UL << 14 : 0;
        runner.Ignored = how.Contains("background", StringComparison.Ordinal) ? 6UL : 0;
        if (how == "waits for one child")
            scene.Process(105, "child", parent: 100).Sleeps();
        Actor left = scene.Process(120, "leftover").Has(0, "/dev/null", FdAccess.Read).WriteEnd(7000, 1).Socket(4, 900).Thread(120, 43, "inet_csk_accept", 4);
        left.Session = left.Pgrp = 110;

        Assert.Equal(told ? ["eof-held-by-orphan"] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Stall).Select(finding => finding.Rule));
    }

    [Fact]
    public void Diagnose_ChildOfAnOrphanHasThePipeToo_IsNotSaidToBeOne()
    {
        Scene scene = Scenes.HeldByOrphan();
        Actor child = scene.Process(121, "child", parent: 120).Has(0, "/dev/null", FdAccess.Read).WriteEnd(7000, 1).Sleeps();
        child.Session = child.Pgrp = 110;

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("leftover (120) is an orphan, adopted by init (1): whoever started it has exited.", Assert.Single(finding.Explanation, sentence => sentence.Contains("an orphan", StringComparison.Ordinal)));
        Assert.Contains("child (121) is a descendant of leftover (120).", finding.Explanation);
        Assert.Equal([120], finding.Participants.Where(participant => participant.Orphan is not null).Select(participant => participant.Pid));
    }

    [Fact]
    public void Diagnose_SeveralOrphansHaveThePipe_AllOfThemHaveToLetGo()
    {
        Scene scene = Scenes.HeldByOrphan();
        Actor second = scene.Process(121, "second").Has(0, "/dev/null", FdAccess.Read).WriteEnd(7000, 1, 2).Sleeps();
        second.Session = second.Pgrp = 110;

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal("It ends when leftover (120) (fd 1) and second (121) (fd 1 and 2) have all exited or closed it.", finding.Explanation[^1]);
    }

    [Fact]
    public void Diagnose_OrphanThatHasBothPipesOfAReader_HasToLetGoOfBoth()
    {
        Scene scene = ReaderOfTwo();
        scene[120].WriteEnd(7001, 2);
        scene[130].Sleeps();

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal(("eof-held-by-orphan", 120, 1), (finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Equal([100, 120], finding.Pids);
        Assert.Equal("It ends when leftover (120) exits or closes fd 1 and fd 2.", finding.Explanation[^1]);
        Assert.Contains("pipe 7000 and pipe 7001", finding.Summary, StringComparison.Ordinal);
    }

    /// <summary>`setsid script &amp;`: what init has adopted beside it might be its sibling, but not in the session that it leads.</summary>
    [Theory]
    [InlineData(100, true)]
    [InlineData(110, false)]
    public void Diagnose_ReaderThatWasAdoptedItself_IsToldOfWhatIsInItsSession(int session, bool told)
    {
        var scene = new Scene();
        Actor reader = scene.Process(100, "bash").Has(3, "pipe:[7000]", FdAccess.Read).Reads(3);
        reader.Session = reader.Pgrp = 100;
        reader.With = record => record with { IsAdopted = true };
        Actor orphan = scene.Process(120, "sleep").Has(0, "/dev/null", FdAccess.Read).WriteEnd(7000, 1).Sleeps();
        orphan.Session = orphan.Pgrp = session;

        Assert.Equal(told ? ["eof-held-by-orphan"] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Stall).Select(finding => finding.Rule));
    }

    /// <summary>So a daemon tells who has started it that it is ready.</summary>
    [Theory]
    [InlineData("starter", 4, Confidence.Suspected)]
    [InlineData("starter", 1, Confidence.Likely)] // it has kept its stdout
    [InlineData("leftover", 4, Confidence.Likely)]
    public void Diagnose_OrphanThatIsACopyOfItsReader_IsSuspectedWhereItHasThePipeAtANumberOfItsOwn(string name, int fd, Confidence confidence)
    {
        var scene = new Scene();
        scene.Process(90, "shell").WaitsFor(100);
        scene.Process(100, "starter", parent: 90).Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: true).Reads(3);
        Actor orphan = scene.Process(120, name).Has(0, "/dev/null", FdAccess.Read).WriteEnd(7000, fd).Sleeps();
        orphan.Session = orphan.Pgrp = 110;

        Assert.Equal(("eof-held-by-orphan", confidence), Assert.Single(scene.Diagnose().Findings, finding => finding.Class == FindingClass.Stall) is var finding ? (finding.Rule, finding.Confidence) : default);
    }

    /// <summary>A supervisor of services reads on as long as they live, and what a daemon says that one of them has left.</summary>
    [Theory]
    [InlineData("one call", "service", null)]
    [InlineData("one call", "helper", Confidence.Likely)] // which waits for its parent in turn
    [InlineData("two threads", "service", Confidence.Suspected)]
    [InlineData("two threads", "helper", Confidence.Likely)]
    [InlineData("waits in another", "service", Confidence.Suspected)]
    public void Diagnose_ReaderOfWhatAnOrphanHoldsThatWaitsForAChildToo_IsToldUnlessThatLivesAndEndsTheSameCall(string how, string child, Confidence? told)
    {
        Scene scene = ReaderOfTwo(how == "one call");
        if (how != "one call")
        {
            scene[100].Reads(3);
            _ = how == "two threads" ? scene[100].Reads(4) : scene[100].WaitsFor(130);
        }
        Actor living = scene[130].WriteEnd(7001, 1);
        if (child == "helper")
        {
            scene[100].WriteEnd(7002, 9);
            living.ReadEnd(7002, 0).Reads(0);
        }
        else
            living.Sleeps();

        Assert.Equal(told is { } sure ? [("eof-held-by-orphan", sure)] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Stall).Select(finding => (finding.Rule, finding.Confidence)));
    }

    private static Scene ReaderOfTwo(bool polls = true)
    {
        var scene = new Scene();
        Actor runner = scene.Process(100, "runner").Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: true).Has(4, "pipe:[7001]", FdAccess.Read, closeOnExec: true);
        if (polls)
            runner.Polls(3, 4);
        Actor leftover = scene.Process(120, "leftover").Has(0, "/dev/null", FdAccess.Read).WriteEnd(7000, 1).Sleeps();
        leftover.Session = leftover.Pgrp = 110;
        scene.Process(130, "child", parent: 100);
        return scene;
    }

    [Theory]
    [InlineData(99_950, 0)] // about to exec
    [InlineData(90_000, 1)] // at work
    public void Diagnose_OrphanThatHasOnlyBeenSeenToRun_HoldsItUpOnceItIsOldEnough(int start, int findings)
    {
        var scene = new Scene();
        scene.Process(100, "runner").Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: true).Reads(3);
        Actor left = scene.Process(120, "sh").Has(0, "/dev/null", FdAccess.Read).WriteEnd(7000, 1).Runs();
        left.Session = left.Pgrp = 110;
        left.StartTimeTicks = (ulong)start;

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Class == FindingClass.Stall));
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

    [Theory]
    [InlineData(60, true, null, 1)] // it made the pipe, for a child that is gone
    [InlineData(60, false, null, 0)] // $(sort <(sleep 100)): sort opens /dev/fd/63 once more
    [InlineData(60, true, true, 1)]
    [InlineData(60, true, false, 0)] // who is no subreaper has started all of its children
    [InlineData(62, true, null, 0)] // of the same tick, and the writer was first
    public void Diagnose_WriterBesideAReaderWhoseDescriptorIsClosedOnExec_IsAnOrphanUnlessTheirParentStartedBoth(int reader, bool onlyEnd, bool? subreaper, int findings)
    {
        var scene = new Scene();
        scene.Process(50, "parent").Sleeps().With = record => record with { IsSubreaper = subreaper };
        Actor collector = scene.Process(reader, "collector", parent: 50).Has(5, "pipe:[7000]", FdAccess.Read, closeOnExec: true).Reads(5);
        if (!onlyEnd)
            collector.Has(63, "pipe:[7000]", FdAccess.Read, closeOnExec: false);
        Actor worker = scene.Process(61, "worker", parent: 50).WriteEnd(7000, 1).Sleeps();
        worker.StartTimeTicks = collector.StartTimeTicks = 77;

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(true, false, 1)] // the first process of a container reads the output of a step
    [InlineData(null, false, 0)] // a child of its own
    [InlineData(true, true, 0)] // a supervisor, which reads what its services say as long as they live
    public void Diagnose_ReaderIsTheParentOfTheWriter_IsAStallIfItHasAdoptedIt(bool? adopted, bool serves, int findings)
    {
        var scene = new Scene();
        Actor reader = scene.Process(60, "runner").Has(5, "pipe:[7000]", FdAccess.Read, closeOnExec: true).Has(6, "anon_inode:[signalfd]", FdAccess.ReadWrite);
        _ = serves ? reader.Polls(5, 6) : reader.Reads(5);
        scene.Process(61, "leftover", parent: 60).WriteEnd(7000, 1).Sleeps().With = record => record with { IsAdopted = adopted };

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(true, "eof-held-by-orphan")]
    [InlineData(false, null)]
    public void Diagnose_WriterBesideTheReaderBelowALookerThatRunsTheTree_IsAnOrphanIfTheLookerHasAdoptedIt(bool adopted, string? rule)
    {
        // $(sleep & ...) of a shell: who left the writer behind was gone before anybody looked.
        var scene = new Scene();
        scene.Process(50, "looker").Sleeps();
        scene.Process(60, "shell", parent: 50).Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: false).Reads(3);
        scene.Process(61, "shell", parent: 50).WriteEnd(7000, 1).Sleeps();
        Snapshot At(int seconds) => scene.Look(seconds) with { ObserverPid = 50, AdoptedByObserver = adopted ? [61] : [] };
        Snapshot first = At(1000), last = At(1001);

        Assert.Equal(rule, Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), new DiagnosisOptions()).Findings.SingleOrDefault()?.Rule);
    }

    [Fact]
    public void Suspects_ReaderThatIsHeldUp_StaysASuspectWhateverItsFlags()
    {
        var scene = new Scene();
        scene.Process(50, "parent").Sleeps();
        scene.Process(60, "collector", parent: 50).Has(5, "pipe:[7000]", FdAccess.Read, closeOnExec: false).Reads(5);
        scene.Process(61, "worker", parent: 50).WriteEnd(7000, 1).Sleeps().Session = 61;

        Assert.Contains(60, Diagnoser.Suspects(scene.Look(), new LookMemory()));
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
        LookMemory memory = new LookMemory().Advance(before.Look(990)).Advance(first).Advance(last);

        Assert.DoesNotContain(Diagnoser.Diagnose(first, last, memory, new DiagnosisOptions()).Findings, finding => finding.Class == FindingClass.Stall);
    }

    /// <summary>docker exec: who runs the container reads what a command in it writes, which has left something behind; that is adopted by the first process of the container.</summary>
    [Theory]
    [InlineData(90, false, 1)] // in the session of the command
    [InlineData(90, true, 0)] // the container's own output, as long as it runs
    [InlineData(110, false, 0)] // a child of the first process
    public void Diagnose_WriterAdoptedInTheReadersContainer_IsAStallUnlessThatHasTheSameOutput(int session, bool both, int findings)
    {
        var scene = new Scene();
        scene.Process(100, "monitor").ReadEnd(7000, 5).Reads(5);
        scene.Process(110, "starter", parent: 100).WaitsFor(-1).Session = 110;
        Actor first = scene.Process(115, "init", parent: 110).Sleeps();
        (first.Session, first.NsPid) = (110, 1);
        if (both)
            first.WriteEnd(7000, 1);
        Actor left = scene.Process(120, "left", parent: 115).WriteEnd(7000, 1).Sleeps();
        left.Session = session;

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Class == FindingClass.Stall));
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
        LookMemory memory = new LookMemory().Advance(before.Look(990)).Advance(first).Advance(last);

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
        LookMemory memory = new LookMemory().Advance(before.Look(990)).Advance(first).Advance(last);

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
}
