using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Python catches SIGINT in every program: alone, that is a doubt and no excuse for one who waits for nobody else.</summary>
public sealed class InterpreterTests
{
    private const ulong Interrupt = 1UL << 1, Terminate = 1UL << 14, Child = 1UL << 16, Segmentation = 1UL << 10;

    private const string Python = "/usr/bin/python3.11";

    [Theory]
    [InlineData(Interrupt, Python, true)]
    [InlineData(Interrupt | Segmentation, Python, true)] // faulthandler
    [InlineData(Interrupt | Terminate, Python, false)]
    [InlineData(Interrupt | Child, Python, false)] // set_wakeup_fd(), to be told of children
    [InlineData(Interrupt, "/usr/bin/server", false)] // a handler of its own
    public void Diagnose_ReaderOfItsOwnPipeThatCatchesNoMoreThanItsRuntime_IsLikely(ulong caught, string exe, bool told)
    {
        var scene = new Scene();
        In(exe, caught, scene.Process(10, "python3").ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3));

        Finding[] findings = Deadlocks(scene);

        Assert.Equal(told ? [("eof-held-by-self", Confidence.Likely)] : [], findings.Select(Of));
        Assert.All(findings, finding => Assert.Equal((10, 4), (finding.Culprit!.Pid, finding.Culprit.Fd)));
        Assert.All(findings, finding => Assert.Contains("as its runtime does in every program", Assert.Single(finding.NotProvenBecause), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Interrupt, Python, true)]
    [InlineData(Interrupt | Terminate, Python, false)]
    [InlineData(Interrupt | Child, Python, false)]
    [InlineData(Interrupt, "/usr/bin/server", false)]
    public void Diagnose_ReaderOfASocketWhoseOtherEndItHasItself_IsLikely(ulong caught, string exe, bool told)
    {
        // multiprocessing.Pipe(): the worker that had the other end as well is dead, and this one has not closed its own copy.
        Scene scene = new Scene().Pair(500, 501);
        In(exe, caught, scene.Process(10, "python3").Socket(3, 500).Socket(4, 501).Receives(3));

        Finding[] findings = Deadlocks(scene);

        Assert.Equal(told ? [("eof-held-by-self", Confidence.Likely)] : [], findings.Select(Of));
        Assert.All(findings, finding => Assert.Equal((10, 4), (finding.Culprit!.Pid, finding.Culprit.Fd)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // it lies in another socket's queue, say
    public void Diagnose_ReaderOfASocketWhoseOtherEndSomebodyElseHasToo_IsHealthy(bool seen)
    {
        Scene scene = new Scene().Pair(500, 501);
        In(Python, Interrupt, scene.Process(10, "python3").Socket(3, 500).Socket(4, 501).Receives(3));
        if (seen)
            scene.Process(11, "worker", parent: 10).Socket(4, 501).Sleeps();
        else
            scene[10].Fd(4, fd => fd with { DescriptorsInFlight = 1 });

        Assert.Empty(Deadlocks(scene));
    }

    [Theory]
    [InlineData("pipe", Interrupt, false, true)]
    [InlineData("socket", Interrupt, false, true)]
    [InlineData("fifo", Interrupt, false, true)]
    [InlineData("pipe", 0, false, true)] // SIGINT ignored
    [InlineData("pipe", Interrupt, true, false)] // a loop's bell
    [InlineData("socket", Interrupt, true, false)]
    [InlineData("socket", 0, true, false)]
    [InlineData("pipe", Interrupt, null, false)] // whether it is one is not known
    [InlineData("pipe", Interrupt | Terminate, false, false)]
    [InlineData("pipe", Interrupt | Child, false, false)]
    public void Diagnose_PollerOfWhatItHasTheOtherEndOfItself_IsToldUnlessThatIsABell(string what, ulong caught, bool? rings, bool told)
    {
        Actor poller = Poller(what, caught, rings, out Scene scene).Polls(3);
        poller.Ignored = Interrupt & ~caught;

        Finding[] findings = Deadlocks(scene);

        Assert.Equal(told ? [("eof-held-by-self", caught == 0 ? Confidence.Proven : Confidence.Likely)] : [], findings.Select(Of));
        Assert.All(findings, finding => Assert.Equal((10, what == "fifo" ? 3 : 4), (finding.Culprit!.Pid, finding.Culprit.Fd)));
    }

    [Fact]
    public void Diagnose_PollerForWhichItsParentWaits_IsToldWithIt()
    {
        Poller("pipe", Interrupt, rings: false, out Scene scene).Polls(3);
        In(Python, Interrupt, scene.Process(9, "python3").WaitsFor(10));
        scene[10].With = record => record with { Exe = Python, Ppid = 9 };

        Finding finding = Assert.Single(Deadlocks(scene));

        Assert.Equal(("eof-held-by-self", Confidence.Likely), Of(finding));
        Assert.Equal([9, 10], finding.Participants.Select(participant => participant.Pid).Order());
    }

    [Theory]
    [InlineData("it has another thread")]
    [InlineData("it lets signals in")]
    [InlineData("it polls a bell besides")]
    [InlineData("somebody else has the other end")]
    public void Diagnose_PollerThatOthersOrHandlersMayWake_IsHealthy(string how)
    {
        Actor poller = Poller("pipe", Interrupt, rings: false, out Scene scene);
        _ = how switch
        {
            "it has another thread" => poller.Polls(3).WaitsOnFutex(),
            "it lets signals in" => poller.Thread(10, 271, "poll_schedule_timeout", new CallMemory { PollSet = [new PollMember(3, 1)] }, [0x3000, 1, 0, 0x5000, 8]),
            "it polls a bell besides" => poller.ReadEnd(7001, 5).WriteEnd(7001, 6).Fd(6, fd => fd with { NonBlocking = true }).Polls(3, 5),
            _ => poller.Polls(3),
        };
        if (how == "somebody else has the other end")
            scene.Process(11, "worker", parent: 10).WriteEnd(7000, 4).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Suspects_PollerOfItsOwnPipe_IsOneBeforeItIsKnownWhetherThatIsABell()
    {
        Poller("pipe", Interrupt, rings: null, out Scene scene).Polls(3);

        Assert.Contains(10, Diagnoser.Suspects(scene.Look(), new LookMemory()));
    }

    /// <summary>A process that has both ends of something, fd 4 of a pipe or socket, or fd 3 of a FIFO, being the one that writes.</summary>
    private static Actor Poller(string what, ulong caught, bool? rings, out Scene scene)
    {
        scene = new Scene().Pair(500, 501);
        Actor poller = In(Python, caught, scene.Process(10, "python3"));
        poller = what switch
        {
            "pipe" => poller.ReadEnd(7000, 3).WriteEnd(7000, 4),
            "socket" => poller.Socket(3, 500).Socket(4, 501),
            _ => poller.Has(3, "/tmp/f (deleted)", FdAccess.ReadWrite),
        };
        return poller.Fd(what == "fifo" ? 3 : 4, fd => fd with { NonBlocking = rings });
    }

    [Theory]
    [InlineData(Interrupt, 10, true)]
    [InlineData(Interrupt, 200, false)] // not for long enough
    [InlineData(Interrupt | Terminate, 10, false)]
    public void Diagnose_ThreadThatReadsTheProcessOwnPipe_IsSuspectedAfterTheMinimumWait(ulong caught, int seconds, bool told)
    {
        var scene = new Scene();
        In(Python, caught, scene.Process(10, "python3").ReadEnd(7000, 3).WriteEnd(7000, 4).WaitsOnFutex().Reads(3));

        Finding[] findings = [.. scene.Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(seconds) }).Findings.Where(finding => finding.Class == FindingClass.Deadlock)];

        Assert.Equal(told ? [("eof-held-by-self", Confidence.Suspected)] : [], findings.Select(Of));
    }

    /// <summary>asyncio: a loop that reads what a filter writes, whose input it keeps, and a thread that waits for that filter.</summary>
    [Theory]
    [InlineData(Interrupt, 0, "python3 (10) catches signals, as its runtime does in every program, and to wait for one may be its design")]
    [InlineData(0, Interrupt, "python3 (10) ignores SIGINT, and may be meant to sit there until it is ended")]
    public void Diagnose_LoopThatAwaitsAFilterWhoseInputItKeeps_IsSuspectedAndSaysWhy(ulong caught, ulong ignored, string why)
    {
        Scene scene = new Scene().Pair(500, 501);
        In(Python, caught, scene.Process(10, "python3").WriteEnd(7000, 7).ReadEnd(7001, 8).Socket(4, 500).Socket(5, 501).Polls(8, 4).WaitsFor(11)).Ignored = ignored;
        scene.Process(11, "sort", parent: 10).ReadEnd(7000, 0).WriteEnd(7001, 1).Reads(0);

        Finding finding = Assert.Single(Deadlocks(scene));

        Assert.Equal(("pipe-read-cycle", Confidence.Suspected), Of(finding));
        Assert.Equal([why], finding.NotProvenBecause);
    }

    [Theory]
    [InlineData(Interrupt, 0, true)]
    [InlineData(0, Interrupt, true)] // trap '' INT
    [InlineData(Interrupt | Terminate, 0, false)]
    public void Diagnose_ForkedChildForWhichItsParentWaitsAsForAny_IsTold(ulong caught, ulong ignored, bool told)
    {
        var scene = new Scene();
        In(Python, caught, scene.Process(10, "python3").WaitsFor(-1)).Ignored = ignored;
        In(Python, caught, scene.Process(11, "python3", parent: 10).WaitsOnFutex()).Ignored = ignored;

        Finding[] findings = Deadlocks(scene);

        Assert.Equal(told ? [("lost-wakeup", caught == 0 ? Confidence.Proven : Confidence.Likely)] : [], findings.Select(Of));
        Assert.All(findings, finding => Assert.Equal([10, 11], finding.Pids));
    }

    [Fact]
    public void Diagnose_WorkersOfASupervisorThatWaitsForAnyOfThem_AreHealthy()
    {
        var scene = new Scene();
        In(Python, Interrupt, scene.Process(10, "python3").WaitsFor(-1));
        In(Python, Interrupt, scene.Process(11, "python3", parent: 10).WaitsOnFutex());
        In(Python, Interrupt, scene.Process(12, "python3", parent: 10).WaitsOnFutex());

        Assert.Empty(Deadlocks(scene));
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)] // a queue: the parent has all ends of it
    [InlineData(false, true, false)] // another one may write
    public void Diagnose_ForkedChildOfWhichItsParentReads_IsLikelyWhereItAloneHasTheWriteEnd(bool parentHas, bool otherHas, bool told)
    {
        var scene = new Scene();
        Actor parent = In(Python, Interrupt, scene.Process(10, "python3").ReadEnd(7000, 3).Reads(3));
        In(Python, Interrupt, scene.Process(11, "python3", parent: 10).WriteEnd(7000, 4).WaitsOnFutex());
        Actor other = scene.Process(12, "other", parent: 10).Sleeps();
        _ = parentHas ? parent.WriteEnd(7000, 4) : parent;
        _ = otherHas ? other.WriteEnd(7000, 4) : other;

        Assert.Equal(told ? [("lost-wakeup", Confidence.Likely)] : [], Deadlocks(scene).Select(Of));
    }

    [Theory]
    [InlineData(Interrupt, 7, true)]
    [InlineData(Interrupt | Terminate, 7, false)]
    [InlineData(Interrupt, 8, false)] // the master of another terminal
    public void Diagnose_LoopAtAMasterWhoseOtherSideIsRead_IsSuspectedAndToBlame(ulong caught, int terminal, bool told)
    {
        Finding[] findings = Deadlocks(AtAMaster(caught, terminal));

        Assert.Equal(told ? [("ipc-cycle", Confidence.Suspected)] : [], findings.Select(Of));
        Assert.All(findings, finding => Assert.Equal((10, 3, "/dev/pts/7"), (finding.Culprit!.Pid, finding.Culprit.Fd, finding.Culprit.Resource)));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    public void Explain_BothSidesOfATerminalWaited_NobodyIsSaidToType(int pid)
    {
        Scene scene = AtAMaster(Interrupt | Terminate, 7);

        Explanation explanation = Explainer.Explain(scene.Look(1000), scene.Look(1010), new LookMemory(), new DiagnosisOptions(), pid);

        Assert.DoesNotContain("to type", explanation.Verdict, StringComparison.Ordinal);
        Assert.Contains(explanation.Hops.Single(hop => hop.Pid == 10).Sentences, sentence => sentence.Contains("what is written at the other side of the terminal /dev/ptmx (fd 3)", StringComparison.Ordinal));
    }

    /// <summary>A loop that waits for the master among its own wake channel, and a child that reads at the terminal.</summary>
    private static Scene AtAMaster(ulong caught, int terminal)
    {
        var scene = new Scene();
        In(Python, caught, scene.Process(10, "python3").Has(3, "/dev/ptmx", FdAccess.ReadWrite).Fd(3, fd => fd with { TtyIndex = terminal }).ReadEnd(7000, 5).WriteEnd(7000, 6).Polls(3, 5));
        scene.Process(11, "sh", parent: 10).Has(0, "/dev/pts/7", FdAccess.ReadWrite).Has(1, "/dev/pts/7", FdAccess.ReadWrite).Thread(11, 0, "wait_woken", 0)
            .Fd(0, fd => fd with { Timeouts = new SocketTimeouts(TimeSpan.Zero, TimeSpan.Zero) });
        return scene;
    }

    /// <summary>It reads nothing else: a handler that adds to it would have to be one of its own.</summary>
    [Theory]
    [InlineData(Interrupt, Python, true)]
    [InlineData(0, Python, true)] // SIGINT ignored
    [InlineData(Interrupt | Terminate, Python, false)]
    [InlineData(Interrupt, "/usr/bin/server", false)]
    public void Diagnose_ReaderOfAnEventfdOfItsOwn_IsToldUnlessItHasHandlersOfItsOwn(ulong caught, string exe, bool told)
    {
        var scene = new Scene();
        In(exe, caught, scene.Process(10, "python3").EventFd(77, 3).ReadsEventFd(3)).Ignored = Interrupt & ~caught;

        Assert.Equal(told ? ["eventfd-no-peer"] : [], Deadlocks(scene).Select(finding => finding.Rule));
    }

    /// <summary>Whoever has an eventfd to read it may add to it as well: that says nothing of a handler that does.</summary>
    [Theory]
    [InlineData(Interrupt, Python, true)]
    [InlineData(0, Python, true)] // SIGINT ignored
    [InlineData(Interrupt | Terminate, Python, false)]
    [InlineData(Interrupt, "/usr/bin/server", false)]
    public void Diagnose_ReaderOfAnEventfdOfItsParentWhoWaitsForIt_IsToldUnlessItHasHandlersOfItsOwn(ulong caught, string exe, bool told)
    {
        var scene = new Scene();
        In(Python, caught & Interrupt, scene.Process(10, "python3").EventFd(77, 3).WaitsFor(11)).Ignored = Interrupt & ~caught;
        In(exe, caught, scene.Process(11, "python3", parent: 10).EventFd(77, 3).ReadsEventFd(3)).Ignored = Interrupt & ~caught;

        Finding[] findings = Deadlocks(scene);

        Assert.Equal(told ? ["eventfd-no-peer"] : [], findings.Select(finding => finding.Rule));
        Assert.All(findings, finding => Assert.NotEqual(Confidence.Suspected, finding.Confidence));
    }

    [Fact]
    public void Suspects_ReaderOfAnEventfdThatCatchesASignal_IsOneAndSoIsWhoMayHaveTheSame()
    {
        var scene = new Scene();
        scene.Process(10, "python3").EventFd(0, 3).WaitsFor(11);
        In(Python, Interrupt, scene.Process(11, "python3", parent: 10).EventFd(77, 3).ReadsEventFd(3));

        Assert.Superset(new HashSet<int> { 10, 11 }, Diagnoser.Suspects(scene.Look(), new LookMemory()).ToHashSet());
        Assert.Contains("python3 (11) reads eventfd 77 (fd 3) until somebody adds to it. The eventfd is not seen to be open anywhere else.", string.Join(' ', Explainer.Explain(scene.Look(), scene.Look(2), new LookMemory(), new DiagnosisOptions(), 11).Hops[0].Sentences), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("no loop", false)] // it idles until Ctrl-C
    [InlineData("a child", false)] // which it may be there for
    [InlineData("a handler", false)]
    [InlineData("no runtime", false)]
    [InlineData("just now", false)]
    public void Diagnose_OnlyThreadThatWaitsInItsMemoryBesideItsLoop_IsSuspected(string but, bool told)
    {
        var scene = new Scene();
        Actor program = scene.Process(10, "python3");
        if (but == "just now")
            program.LastRan = TimeSpan.FromSeconds(998);
        In(but == "no runtime" ? "/usr/bin/server" : Python, but == "a handler" ? Interrupt | Terminate : Interrupt, program.WaitsOnFutex());
        if (but != "no loop")
            program.Has(3, "anon_inode:[eventpoll]", FdAccess.ReadWrite);
        if (but == "a child")
            scene.Process(11, "worker", parent: 10).Sleeps();

        Finding[] findings = Deadlocks(scene);

        Assert.Equal(told ? [("lost-wakeup", Confidence.Suspected)] : [], findings.Select(Of));
        Assert.All(findings, finding => Assert.Contains("It has an event loop (epoll(7)), which does not turn while its only thread waits here: whatever comes meanwhile is not seen.", finding.Notes));
    }

    private static Actor In(string exe, ulong caught, Actor actor)
    {
        actor.Caught = caught;
        actor.With = record => record with { Exe = exe };
        return actor;
    }

    private static Finding[] Deadlocks(Scene scene) => [.. scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock)];

    private static (string, Confidence) Of(Finding finding) => (finding.Rule, finding.Confidence);
}
