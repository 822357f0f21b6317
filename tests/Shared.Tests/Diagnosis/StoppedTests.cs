using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Who is stopped, traced or frozen, and who waits for it.</summary>
public sealed class StoppedTests
{
    private const int Stop = 19, TerminalStop = 20, TerminalInput = 21;
    private const ulong Untraced = 2;

    private static Actor Stopped(Actor actor, int signal = Stop)
    {
        actor.Thread(actor.NextTid, 230, "do_signal_stop", null, [1, 0, 0x2000], 'T');
        actor.State = 'T';
        actor.With = record => record with { StopSignal = signal };
        return actor;
    }

    private static Finding Single(Scene scene) => Assert.Single(scene.Diagnose().Findings);

    [Theory]
    [InlineData(Stop)]
    [InlineData(TerminalStop)]
    [InlineData(TerminalInput)]
    [InlineData(22)]
    public void Diagnose_ParentWaitsForStoppedChild_IsAStallThatNamesTheChild(int signal)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsFor(11);
        Stopped(scene.Process(11, "child", parent: 10), signal);

        Finding finding = Single(scene);

        Assert.Equal((FindingClass.Stall, Confidence.Proven, "waiting-for-stopped-child"), (finding.Class, finding.Confidence, finding.Rule));
        Assert.Equal([10, 11], finding.Pids);
        Assert.Equal((11, (int?)null, "child:11"), (finding.Culprit!.Pid, finding.Culprit.Fd, finding.Culprit.Resource));
        Assert.Equal([ParticipantRole.RootWaiter, ParticipantRole.Stopped], finding.Participants.Select(participant => participant.Role));
        Assert.Contains("no-itimer", finding.Assumptions);
    }

    [Fact]
    public void Diagnose_ParentThatIsToldOfStops_OnlyTheStopIsTold()
    {
        var scene = new Scene();
        scene.Process(10, "parent").Thread(10, 61, "do_wait", 11, 0, Untraced);
        Stopped(scene.Process(11, "child", parent: 10));

        Assert.Equal("stopped-job", Single(scene).Rule);
    }

    [Fact]
    public void Diagnose_ParentThatWaitsInVforkForAStoppedChild_SaysWhatItWaitsFor()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsForVfork();
        Stopped(scene.Process(11, "child", parent: 10), TerminalStop);

        Finding finding = Single(scene);

        Assert.Equal("parent (10) waits for child (11), which is stopped by SIGTSTP, to exec or exit.", finding.Summary);
        Assert.Equal((11, "child:11"), (finding.Culprit!.Pid, finding.Culprit.Resource));
    }

    [Fact]
    public void Diagnose_ReaderOfATerminalThatSomebodyStoppedHas_NamesTheTerminal()
    {
        var scene = new Scene();
        scene.Process(10, "parent").Has(3, "/dev/ptmx", FdAccess.ReadWrite).Fd(3, fd => fd with { TtyIndex = 7 }).Thread(10, 0, "wait_woken", 3);
        Stopped(scene.Process(11, "child", parent: 10).Has(1, "/dev/pts/7", FdAccess.ReadWrite), TerminalStop);

        Finding finding = Single(scene);

        Assert.Equal("parent (10) waits for child (11), which is stopped by SIGTSTP, to write to, or to let go of, /dev/pts/7.", finding.Summary);
        Assert.Equal((11, 1, "/dev/pts/7"), (finding.Culprit!.Pid, finding.Culprit.Fd!.Value, finding.Culprit.Resource));
    }

    [Fact]
    public void Diagnose_ParentReadsStoppedChildsOutput_NamesTheWriteEnd()
    {
        var scene = new Scene();
        scene.Process(10, "parent").ReadEnd(7000, 3).Reads(3);
        Stopped(scene.Process(11, "child", parent: 10).WriteEnd(7000, 1));

        Assert.Equal((11, 1, "pipe:[7000]"), (Single(scene).Culprit!.Pid, Single(scene).Culprit!.Fd!.Value, Single(scene).Culprit!.Resource));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Diagnose_PeerOfASocketIsStopped_ItIsToSendAndIsItselfWhatIsStopped(bool runs)
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "client").Socket(3, 500).Receives(3);
        Actor server = scene.Process(11, "server").Socket(3, 501);
        if (runs)
            server.Sleeps();
        else
            Stopped(server);

        Assert.Equal(
            runs ? [] : ["client (10) waits for server (11), which is stopped by SIGSTOP, to send to socket:[500]."],
            scene.Diagnose().Findings.Select(finding => finding.Summary));
    }

    [Theory]
    [InlineData(19, "waiting-for-stopped-child", Confidence.Proven)] // a child of the same parent
    [InlineData(0, "stopped-job", Confidence.Proven)] // it has let go of the lock before
    public void Diagnose_FileLockOfOneWhoIsStopped_WhoWaitsForItIsOfTheStory(int taker, string rule, Confidence confidence)
    {
        var scene = new Scene();
        scene.Process(9, "parent").WaitsFor(10);
        scene.Process(10, "waiter", parent: 9).Opens(3, "/one", 1, 11).WaitsForLock(3);
        FileLock[] locks = taker == 0 ? [] : [new FileLock(1, false, LockKind.Flock, LockAccess.Write, taker, 0xfe00000, 1, 0, long.MaxValue)];
        Stopped(scene.Process(19, "holder", parent: 9).Opens(5, "/one", 1, 21, locks));

        Finding finding = Single(scene);

        Assert.Equal((rule, confidence), (finding.Rule, finding.Confidence));
        if (taker == 0)
            return;
        Assert.Equal([9, 10, 19], finding.Pids);
        Assert.Equal((19, 5), (finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Equal("waiter (10) waits for holder (19), which is stopped by SIGSTOP, to let go of the lock on /one.", finding.Summary);
    }

    [Fact]
    public void Diagnose_AnotherWriterRuns_OnlyTheStopIsTold()
    {
        var scene = new Scene();
        scene.Process(10, "parent").ReadEnd(7000, 3).Reads(3);
        Stopped(scene.Process(11, "child", parent: 10).WriteEnd(7000, 1));
        scene.Process(12, "other", parent: 10).WriteEnd(7000, 1).Sleeps();

        Assert.Equal(("stopped-job", 11), (Single(scene).Rule, Assert.Single(Single(scene).Pids)));
    }

    [Fact]
    public void Diagnose_WaitersUpstream_AreOfTheSameStory()
    {
        // A shell waits for both ends of a pipeline whose first is stopped, and somebody waits for the shell.
        var scene = new Scene();
        scene.Process(9, "make").WaitsFor(10);
        scene.Process(10, "sh", parent: 9).WaitsFor(-1);
        Stopped(scene.Process(11, "producer", parent: 10).WriteEnd(7000, 1));
        scene.Process(12, "filter", parent: 10).ReadEnd(7000, 0).Reads(0);

        Finding finding = Single(scene);

        Assert.Equal([9, 10, 11, 12], finding.Pids);
        Assert.Equal("child:11", finding.Culprit!.Resource);
    }

    [Fact]
    public void Diagnose_StoppedForLessThanTheMinimumWait_IsNotTold()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsFor(11);
        Actor child = scene.Process(11, "child", parent: 10);
        child.LastRan = TimeSpan.FromSeconds(995);
        Stopped(child);

        Assert.Empty(scene.Diagnose().Findings);
        Assert.Single(scene.Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.Zero }).Findings);
    }

    [Fact]
    public void Diagnose_StoppedThatRanBetweenTheLooks_IsNotTold()
    {
        var scene = new Scene();
        scene.Process(10, "parent").Sleeps();
        Actor child = Stopped(scene.Process(11, "throttled", parent: 10));
        Snapshot first = scene.Look(1000);
        child.Ran();
        Snapshot last = scene.Look(1001);

        Assert.Empty(Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), new DiagnosisOptions { MinimumWait = TimeSpan.Zero }).Findings);
    }

    [Fact]
    public void Suspects_StoppedProcessAndWhoWaitsForIt_AreAfterOneLook()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsFor(11);
        Stopped(scene.Process(11, "child", parent: 10));
        scene.Process(12, "other").Sleeps();

        Assert.Equal([10, 11], Diagnoser.Suspects(scene.Look(), new LookMemory()).Order());
    }

    [Theory]
    [InlineData(TerminalStop, 0)]
    [InlineData(TerminalInput, 1)]
    public void Diagnose_JobOfAShellAtItsPrompt_IsToldOnlyIfItWantedTheTerminal(int signal, int findings)
    {
        var scene = new Scene();
        Actor shell = scene.Process(10, "sh").Has(0, "/dev/pts/3", FdAccess.ReadWrite).Thread(10, 0, "wait_woken", 0, 0x1000, 1);
        shell.Session = shell.Pgrp = 10;
        shell.With = record => record with { TtyNr = 34819 };
        Actor job = Stopped(scene.Process(11, "editor", parent: 10).Has(0, "/dev/pts/3", FdAccess.ReadWrite));
        (job.Session, job.Pgrp) = (10, 11);
        job.With = record => record with { TtyNr = 34819, StopSignal = signal };

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Fact]
    public void Diagnose_StoppedByTheTerminal_NamesTheTerminal()
    {
        var scene = new Scene();
        Actor job = scene.Process(11, "reader").Has(5, "/dev/pts/3", FdAccess.ReadWrite).Thread(11, 0, "do_signal_stop", null, [5, 0x1000, 1], 'T');
        job.State = 'T';
        job.With = record => record with { StopSignal = TerminalInput };

        Finding finding = Single(scene);

        Assert.Equal((FindingClass.Stopped, "stopped-by-tty"), (finding.Class, finding.Rule));
        Assert.Equal((11, 5, "pts/3"), (finding.Culprit!.Pid, finding.Culprit.Fd!.Value, finding.Culprit.Resource));
    }

    [Fact]
    public void Diagnose_PipelineThatIsStopped_IsOneFinding()
    {
        var scene = new Scene();
        foreach (int pid in (int[])[11, 12])
            Stopped(scene.Process(pid, "part")).Pgrp = 11;
        Stopped(scene.Process(20, "other")).Pgrp = 20;

        Assert.Equal([[11, 12], [20]], scene.Diagnose().Findings.Select(finding => finding.Pids.ToArray()));
    }

    [Fact]
    public void Diagnose_HeldByATracer_NamesIt()
    {
        var scene = new Scene();
        scene.Process(9, "debugger").Has(0, "/dev/pts/3", FdAccess.ReadWrite).Polls(0);
        Actor tracee = scene.Process(11, "tracee").Thread(11, 230, "ptrace_stop", null, [1, 0, 0x2000], 't');
        tracee.State = 't';
        tracee.Tracer = 9;

        Finding finding = Single(scene);

        Assert.Equal((FindingClass.Stopped, "traced", 9), (finding.Class, finding.Rule, finding.Culprit!.Pid));
        Assert.Equal([11], finding.Pids);
        Assert.Equal([ParticipantRole.Traced, ParticipantRole.Tracer], finding.Participants.Select(participant => participant.Role));
    }

    [Theory]
    [InlineData(9, 0)] // gdbserver
    [InlineData(1, 1)] // it has attached to it
    public void Diagnose_HeldByADebuggerThatWaitsForItsClient_IsToldUnlessThatHasStartedIt(int parent, int findings)
    {
        var scene = new Scene();
        scene.Process(9, "gdbserver").Socket(3, 900).Thread(9, 43, "inet_csk_accept", 3, 0, 0);
        Actor tracee = scene.Process(11, "tracee", parent).Thread(11, 230, "ptrace_stop", null, [1, 0, 0x2000], 't');
        (tracee.State, tracee.Tracer) = ('t', 9);

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Class == FindingClass.Stopped));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // somebody else may write
    public void Diagnose_TracerThatReadsWhatItsTraceeIsToWrite_IsSaidToHoldWhatItWaitsFor(bool alone)
    {
        var scene = new Scene();
        scene.Process(9, "tracer").ReadEnd(7000, 3).Reads(3);
        Actor tracee = scene.Process(11, "tracee").WriteEnd(7000, 1).Thread(11, 230, "ptrace_stop", null, [1, 0, 0x2000], 't');
        (tracee.State, tracee.Tracer) = ('t', 9);
        if (!alone)
            scene.Process(12, "other").WriteEnd(7000, 1).Sleeps();

        Finding finding = Single(scene);

        Assert.Contains(finding.Explanation, sentence => sentence.Contains("Its write end is open at fd 1 of tracee (11)", StringComparison.Ordinal));
        Assert.Equal(alone, finding.Explanation.Contains("Nobody but whom it holds itself could give tracer (9) what it waits for: none of them goes on."));
    }

    [Theory]
    [InlineData(34819, 34819, 0)] // somebody debugs it there
    [InlineData(34819, 0, 1)] // of another terminal, or of none: a service that somebody has attached to
    [InlineData(0, 0, 1)]
    public void Diagnose_HeldByADebuggerAtItsPrompt_IsToldUnlessTheyHaveTheTerminalInCommon(int tracerTty, int traceeTty, int findings)
    {
        var scene = new Scene();
        Actor debugger = scene.Process(9, "debugger").Has(0, "/dev/pts/3", FdAccess.ReadWrite).Polls(0);
        debugger.Session = debugger.Pgrp = 9;
        debugger.With = record => record with { TtyNr = tracerTty };
        Actor tracee = scene.Process(11, "tracee").Thread(11, 230, "ptrace_stop", null, [1, 0, 0x2000], 't');
        (tracee.State, tracee.Tracer, tracee.Session, tracee.Pgrp) = ('t', 9, 9, 11);
        tracee.With = record => record with { TtyNr = traceeTty };

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Fact]
    public void Diagnose_TraceeOneOfWhoseThreadsRuns_IsNotTold()
    {
        var scene = new Scene();
        Actor tracee = scene.Process(11, "tracee").Thread(11, 230, "ptrace_stop", null, [1, 0, 0x2000], 't').Sleeps();
        tracee.State = 't';

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData("get_signal", true, 1)]
    [InlineData("get_signal", false, 0)]
    [InlineData("get_signal", null, 0)]
    [InlineData("do_freezer_trap", null, 1)]
    [InlineData("hrtimer_nanosleep", true, 0)]
    public void Diagnose_SleepsWhereFrozenProcessesDo_IsToldIfTheCgroupIsFrozen(string wchan, bool? frozen, int findings)
    {
        var scene = new Scene();
        scene.Process(11, "paused").Thread(11, 0, wchan, 0, 0x1000, 1).With = record => record with { Frozen = frozen, Cgroup = "/paused" };

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding is { Class: FindingClass.Stopped, Rule: "frozen" }));
    }

    [Fact]
    public void Suspects_SleepsWhereFrozenProcessesDo_IsOneWhateverIsKnownOfItsCgroup()
    {
        var scene = new Scene();
        scene.Process(11, "paused").Thread(11, 0, "get_signal", 0, 0x1000, 1);

        Assert.Equal([11], Diagnoser.Suspects(scene.Look(), new LookMemory()));
    }
}
