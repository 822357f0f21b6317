using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Who waits for nobody but itself and catches signals: when that is told all the same.</summary>
public sealed class NotByDesignTests
{
    private const ulong HangUp = 1UL << 0, Interrupt = 1UL << 1, User1 = 1UL << 9, Terminate = 1UL << 14, Child = 1UL << 16;

    [Fact]
    public void Diagnose_ThreadsThatStandApartUnderAnInterpretersHandler_AreLikely()
    {
        Finding finding = Assert.Single(Apart(Interrupt).Diagnose().Findings);

        Assert.Equal(("lost-wakeup", Confidence.Likely), (finding.Rule, finding.Confidence));
        Assert.Contains("catches signals", Assert.Single(finding.NotProvenBecause), StringComparison.Ordinal);
    }

    [Fact]
    public void Diagnose_ThreadsThatStandApartAtATerminal_AreSuspected() =>
        Assert.Equal(Confidence.Suspected, Assert.Single(Apart(Interrupt, terminal: 0x8801).Diagnose().Findings).Confidence);

    [Theory]
    [InlineData(0x7fda20000ba0, true)] // where malloc gives a thread its own memory
    [InlineData(0x55801bcff320, false)] // in the heap: a pool of one thread, at its queue
    public void Diagnose_OneThreadBesideTheMainOne_IsSuspectedWhereItMadeWhatItWaitsFor(ulong word, bool told)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "python3").WaitsOnFutex().Thread(11, 202, "futex_do_wait", word, 0x80 | 9, 0, 0);
        actor.Caught = Interrupt;
        actor.With = record => record with { Exe = "/usr/bin/python3.11" };

        Assert.Equal(told ? [("lost-wakeup", Confidence.Suspected)] : [], scene.Diagnose().Findings.Select(Of));
    }

    [Theory]
    [InlineData(0x7fda20000ba0, true)] // the main thread waits for its end, say
    [InlineData(0x55801bcff320, false)] // for something that it made itself: an event, say
    public void Diagnose_OneThreadAtWhatWasMadeBeforehand_IsSuspectedWhereTheMainOneWaitsForIt(ulong main, bool told)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "python3").Thread(10, 202, "futex_do_wait", main, 0x80 | 9, 0, 0).Thread(11, 202, "futex_do_wait", 0x55801bcff328, 0x80 | 9, 0, 0);
        actor.Caught = Interrupt;
        actor.With = record => record with { Exe = "/usr/bin/python3.11" };

        Assert.Equal(told ? [("lost-wakeup", Confidence.Suspected)] : [], scene.Diagnose().Findings.Select(Of));
    }

    [Theory]
    [InlineData("/usr/bin/python3.11", Interrupt, "/tmp/f (deleted)", Confidence.Likely)]
    [InlineData("/usr/bin/dash", Interrupt | Child, "/tmp/f (deleted)", Confidence.Likely)]
    [InlineData("/usr/bin/dash", Interrupt | Terminate | Child, "/tmp/f (deleted)", null)] // a trap
    [InlineData("/usr/bin/server", Interrupt, "/tmp/f (deleted)", null)]
    [InlineData("/usr/bin/python3.11", Interrupt, "/tmp/f", null)] // anybody may open it
    public void Diagnose_InterpreterThatReadsAFifoOfItsOwn_IsLikelyWhereNobodyElseCanOpenIt(string exe, ulong caught, string fifo, Confidence? told)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "script").Has(3, fifo, FdAccess.ReadWrite).Reads(3);
        actor.Caught = caught;
        actor.With = record => record with { Exe = exe };

        Finding[] findings = [.. scene.Diagnose().Findings];

        Assert.Equal(told is { } confidence ? [("eof-held-by-self", confidence)] : [], findings.Select(Of));
        if (told is not null)
            Assert.Contains("no name any more", findings[0].Culprit!.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(95_000UL, true)] // after the main thread had begun to wait
    [InlineData(89_999UL, false)]
    public void Diagnose_PoolOfProcessesWithAWorkerThatIsNew_IsSuspected(ulong startTicks, bool told)
    {
        // As an idle pool below. That one waits since 900 s after boot.
        var scene = new Scene();
        scene.Process(10, "python3").ReadEnd(7000, 5).WriteEnd(7000, 6).WriteEnd(7001, 4).ReadEnd(7002, 7).ReadEnd(7003, 8).WaitsOnFutex().Polls(5, 7, 8);
        scene.Process(11, "python3", parent: 10).ReadEnd(7000, 5).WriteEnd(7000, 6).ReadEnd(7001, 3).WriteEnd(7002, 9).Reads(3);
        scene.Process(12, "python3", parent: 10).ReadEnd(7000, 5).WriteEnd(7000, 6).ReadEnd(7001, 3).WriteEnd(7003, 9).Reads(3).StartTimeTicks = startTicks;
        foreach (int pid in (int[])[10, 11, 12])
        {
            scene[pid].Caught = Interrupt;
            scene[pid].With = record => record with { Exe = "/usr/bin/python3.11" };
        }

        Finding[] findings = [.. scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock)];

        Assert.Equal(told ? [("lost-wakeup", Confidence.Suspected)] : [], findings.Select(Of));
        if (told)
            Assert.Equal(10, findings[0].Culprit!.Pid);
    }

    [Fact]
    public void Diagnose_ThreadsApartOfWhichOneMadeWhatItWaitsFor_AreSuspected() =>
        Assert.Equal(("lost-wakeup", Confidence.Suspected), Of(Assert.Single(Apart(Interrupt, second: 0x7fda20000ba0).Diagnose().Findings)));

    [Fact]
    public void Diagnose_SupervisorThatIsToldOfSomethingElseBySignals_IsSuspectedWithItsChildren()
    {
        var scene = new Scene();
        scene.Process(10, "xargs").WaitsFor(-1).Caught = User1;
        scene.Process(11, "one", parent: 10).ReadEnd(7000, 3).WriteEnd(7001, 4).Reads(3);
        scene.Process(12, "two", parent: 10).ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);

        Assert.Equal(Confidence.Proven, Assert.Single(scene.Diagnose().Findings).Confidence);
        scene[10].ReadEnd(7000, 3).WriteEnd(7000, 4).ReadEnd(7001, 5).WriteEnd(7001, 6);
        Assert.Equal(Confidence.Suspected, Assert.Single(scene.Diagnose().Findings).Confidence);
        scene[10].Caught = User1 | Terminate;
        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_IdlePoolOfProcessesWhoseMainThreadWaitsForASignal_IsHealthy()
    {
        // The main thread in Event.wait(), one that reads results (7000) and looks after the workers (7002, 7003), and two workers at one queue (7001).
        var scene = new Scene();
        Actor pool = scene.Process(10, "python3").ReadEnd(7000, 5).WriteEnd(7000, 6).WriteEnd(7001, 4).ReadEnd(7002, 7).ReadEnd(7003, 8).WaitsOnFutex().Polls(5, 7, 8);
        scene.Process(11, "python3", parent: 10).ReadEnd(7000, 5).WriteEnd(7000, 6).ReadEnd(7001, 3).WriteEnd(7002, 9).Reads(3);
        scene.Process(12, "python3", parent: 10).ReadEnd(7000, 5).WriteEnd(7000, 6).ReadEnd(7001, 3).WriteEnd(7003, 9).Reads(3);
        foreach (int pid in (int[])[10, 11, 12])
        {
            scene[pid].Caught = Interrupt;
            scene[pid].With = record => record with { Exe = "/usr/bin/python3.11" };
        }

        Assert.Empty(scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock));
        pool.Caught = 0;
        Assert.Equal("pipe-read-cycle", Assert.Single(scene.Diagnose().Findings, finding => finding.Class == FindingClass.Deadlock).Rule);
    }

    [Fact]
    public void Diagnose_ThreadsThatStandApartWhereNothingIsCaught_AreProven()
    {
        Scene scene = Apart(caught: 0);
        scene[10].Ignored = Interrupt;

        Assert.Equal(("lost-wakeup", Confidence.Proven), Of(Assert.Single(scene.Diagnose().Findings)));
    }

    [Theory]
    [InlineData(Interrupt | Terminate, "/usr/bin/python3.11", 0x8000)] // a handler of its own
    [InlineData(Interrupt, "/usr/bin/python3.11", 0x7008)] // a pool: both wait for the same
    [InlineData(Interrupt, "/usr/bin/server", 0x8000)] // no interpreter's handler
    public void Diagnose_WhatMayWaitForASignalByDesign_IsHealthy(ulong caught, string exe, ulong second) =>
        Assert.Empty(Apart(caught, exe: exe, second: second).Diagnose().Findings);

    [Fact]
    public void Diagnose_ThreadsThatStandApartForLessThanTheMinimumWait_AreNotTold() =>
        Assert.Empty(Apart(Interrupt).Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(200) }).Findings);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Diagnose_ParentWithAHandlerThatReadsNothing_IsToldWhereItsChildWrites(bool writes)
    {
        var scene = new Scene();
        scene.Process(10, "parent").ReadEnd(7000, 3).WaitsOnFutex().Caught = Terminate;
        Actor child = scene.Process(11, "child", parent: 10).WriteEnd(7000, 1);
        _ = writes ? child.Writes(1) : child.Sleeps();

        Assert.Equal(writes ? [("pipe-full-cycle", Confidence.Likely)] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(Of));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Diagnose_ParentWithAHandlerThatReadsNothing_IsToldWhereItsChildSends(bool sends)
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Sockets = [.. scene.Sockets!.Select(socket => socket with { ReceiveQueue = 200_000, SendQueue = 210_000 })];
        scene.Process(10, "parent").Socket(3, 500).WaitsOnFutex().Caught = Terminate;
        Actor child = scene.Process(11, "child", parent: 10).Socket(1, 501);
        _ = sends ? child.Thread(11, 1, "sock_alloc_send_pskb", 1, 0x1000, 4096) : child.Sleeps();

        Assert.Equal(sends ? [("socket-full-cycle", Confidence.Likely)] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(Of));
    }

    /// <summary>Node in Atomics.wait(), for a word that a message of its child would bring: nothing comes to its loop, the end of that child neither.</summary>
    [Fact]
    public void Diagnose_LoopThatStandsAtAWordOfMemory_DoesNotWaitForItsChild()
    {
        var scene = new Scene();
        Actor parent = scene.Process(10, "parent").WriteEnd(7000, 5).ReadEnd(7001, 6).WriteEnd(7001, 7).WaitsOnFutex().Polls(6);
        parent.Caught = Interrupt | Terminate | Child;
        parent.With = record => record with { Exe = "/usr/bin/node", SignalsCaughtAsChild = Child };
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);

        Finding finding = Assert.Single(scene.Diagnose().Findings, finding => finding.Class == FindingClass.Deadlock);

        Assert.NotEqual("child-never-exits", finding.Rule);
    }

    [Theory]
    [InlineData(Interrupt | Terminate | Child, "/usr/bin/node", Child, Confidence.Likely)]
    [InlineData(Interrupt | Terminate | Child, "/usr/bin/node", null, Confidence.Suspected)] // whether it has asked for SIGTERM is not known
    [InlineData(Interrupt | Terminate | Child, "/usr/bin/node", Child | Terminate, null)] // it has
    [InlineData(Interrupt | Terminate | Child | HangUp, "/usr/bin/node", Child, null)] // a handler of its own
    [InlineData(Interrupt | Terminate, "/usr/bin/node", 0UL, null)] // not told of its child's end
    [InlineData(Interrupt | Terminate | Child, "/usr/bin/supervisor", Child, null)] // no runtime's handlers
    public void Diagnose_RuntimeWhoseChildWaitsForIt_IsLikely(ulong caught, string exe, ulong? asChild, Confidence? told)
    {
        var scene = new Scene();
        Actor parent = scene.Process(10, "parent").WriteEnd(7000, 5).ReadEnd(7001, 6).WriteEnd(7001, 7).Polls(6);
        parent.Caught = caught;
        parent.With = record => record with { Exe = exe, SignalsCaughtAsChild = asChild };
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);

        Finding[] findings = [.. scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock)];

        Assert.Equal(told is { } confidence ? [("child-never-exits", confidence)] : [], findings.Select(Of));
        if (told is not null)
            Assert.Equal((10, 5), (findings[0].Culprit!.Pid, findings[0].Culprit!.Fd));
    }

    /// <summary>It has become a suspect at this look: what its handlers are was not asked yet.</summary>
    [Fact]
    public void Diagnose_RuntimeWhoseChildWaitsForItAndThatWasNotAskedYet_IsNotToldOf()
    {
        var scene = new Scene();
        Actor parent = scene.Process(10, "parent").WriteEnd(7000, 5).ReadEnd(7001, 6).WriteEnd(7001, 7).Polls(6);
        parent.Caught = Interrupt | Terminate | Child;
        parent.With = record => record with { Exe = "/usr/bin/node", Fds = [.. record.Fds.Select(fd => fd with { CloseOnExec = null })] };
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);

        Assert.DoesNotContain(scene.Diagnose().Findings, finding => finding.Class == FindingClass.Deadlock);
    }

    private const ulong OfDotnet = 0x3000344fe;

    [Theory]
    [InlineData(OfDotnet, true)]
    [InlineData(OfDotnet | HangUp, false)] // PosixSignalRegistration, as it shows
    [InlineData(OfDotnet & ~Child, false)] // as it shows of signals that the runtime catches anyway: SIGCONT, and no child
    [InlineData(OfDotnet & ~(Child | 1UL << 17), true)] // no child, and no signal asked for
    [InlineData(OfDotnet | 1UL << 27, false)] // SIGWINCH: something of its own
    public void Diagnose_DotnetThatReadsAPipeOfItsOwn_IsSuspectedWhereItCatchesNoMoreThanItsRuntimeDoes(ulong caught, bool told)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "dotnet").ReadEnd(7000, 32).WriteEnd(7000, 33).Reads(32).WaitsOnFutex();
        actor.Caught = caught;
        actor.With = record => record with { Threads = [record.Threads[0], record.Threads[1] with { Comm = ".NET Finalizer" }] };

        Assert.Equal(told ? [("eof-held-by-self", Confidence.Suspected)] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(Of));
    }

    [Theory]
    [InlineData("nobody", "/usr/bin/python3.11", Interrupt, Confidence.Suspected)]
    [InlineData("a thread in its memory", "/usr/bin/python3.11", Interrupt, Confidence.Suspected)]
    [InlineData("nobody", "/usr/bin/talker", 0UL, Confidence.Proven)]
    [InlineData("nobody", "/usr/bin/talker", Interrupt, null)] // no runtime's handler
    [InlineData("nobody", "/usr/bin/python3.11", Interrupt | Terminate, null)] // a handler of its own
    [InlineData("at a bell", "/usr/bin/python3.11", Interrupt, null)] // which a handler may ring
    [InlineData("with a timeout", "/usr/bin/python3.11", Interrupt, null)]
    [InlineData("child", "/usr/bin/python3.11", Interrupt, null)] // which has one end, too
    public void Diagnose_TwoThreadsAtTheTwoEndsOfASocket_AreToldUnlessSomebodyMaySend(string beside, string exe, ulong caught, Confidence? told)
    {
        Scene scene = new Scene().Pair(500, 501, "/run/talk");
        Actor actor = scene.Process(10, "talker").Socket(4, 500).Socket(5, 501, receive: beside == "with a timeout" ? TimeSpan.FromMinutes(5) : default).ReadEnd(7000, 6).WriteEnd(7000, 7).Receives(4).Receives(5);
        if (beside == "a thread in its memory")
            actor.WaitsOnFutex();
        else if (beside == "at a bell")
            actor.ReadsAByte(6);
        else if (beside == "child")
            scene.Process(11, "child", parent: 10).Socket(4, 500).Sleeps();
        actor.Caught = caught;
        actor.With = record => record with { Exe = exe };

        Assert.Equal(told is { } confidence ? [("socket-mutual-read", confidence)] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(Of));
    }

    [Theory]
    [InlineData("nothing", "/usr/bin/node", Interrupt | Terminate, true)]
    [InlineData("nothing", "/usr/bin/node", Interrupt | Terminate | HangUp, false)] // a handler that its runtime does not have
    [InlineData("nothing", "/usr/bin/server", Interrupt | Terminate, false)] // whose loops may last for a signal
    [InlineData("input", "/usr/bin/node", Interrupt | Terminate, false)]
    [InlineData("a timer", "/usr/bin/node", Interrupt | Terminate, false)]
    [InlineData("no worker", "/usr/bin/node", Interrupt | Terminate, false)]
    [InlineData("a worker at a word", "/usr/bin/node", Interrupt | Terminate, true)]
    [InlineData("a worker at a word, and input", "/usr/bin/node", Interrupt | Terminate, false)]
    [InlineData("a sleeper", "/usr/bin/node", Interrupt | Terminate, false)]
    public void Diagnose_LoopsThatEndWhenIdle_AreSuspectedWhereTheyWaitForEachOther(string besides, string exe, ulong caught, bool told)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "node").ReadEnd(7003, 0);
        const uint In = 1;
        // The main thread, one of the runtime, and a worker: each polls a pipe of its own, to which all may write.
        foreach (int loop in Enumerable.Range(0, besides == "no worker" ? 2 : besides.StartsWith("a worker at a word", StringComparison.Ordinal) ? 1 : 3))
        {
            int fd = 20 + (10 * loop);
            EpollMember own = new(fd + 1, In, 7000 + (ulong)loop, 12);
            actor.ReadEnd(7000 + loop, fd + 1).WriteEnd(7000 + loop, fd + 2).WaitsInEpoll(fd, besides.EndsWith("input", StringComparison.Ordinal) && loop == 0 ? [own, new EpollMember(0, In, 7003, 12)] : [own]);
        }
        if (besides == "a timer")
            actor.With = record => record with { Threads = [.. record.Threads.Select(thread => thread.Tid == 12 ? thread with { Call = thread.Call with { Arguments = [.. thread.Call.Arguments.Take(3), 60_000, 0, 0] } } : thread)] };
        else if (besides == "a sleeper")
            actor.Sleeps();
        else if (besides.StartsWith("a worker at a word", StringComparison.Ordinal))
            actor.Thread(11, 202, "futex_do_wait", 0x7fce_5401_0610, 0x80 | 9, 0, 0);
        actor.WaitsOnFutex().Caught = caught;
        Func<ProcessRecord, ProcessRecord> with = actor.With;
        actor.With = record => with(record) with { Exe = exe };
        scene.Process(12, "feeder").WriteEnd(7003, 1).Sleeps();

        Assert.Equal(told ? [("lost-wakeup", Confidence.Suspected)] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(Of));
    }

    [Theory]
    [InlineData("/usr/bin/python3.11", Interrupt, 0, true)]
    [InlineData("/usr/bin/python3.11", Interrupt, 0x8801, false)] // somebody may press Ctrl-C
    [InlineData("/usr/bin/python3.11", Interrupt | Terminate, 0, false)] // a handler of its own
    [InlineData("/usr/bin/server", Interrupt, 0, false)] // no runtime's handler
    public void Diagnose_ThreadThatWaitsForAFilterWhoseInputIsKept_IsSuspected(string exe, ulong caught, int terminal, bool told)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "python3").WriteEnd(7000, 4).WaitsOnFutex().WaitsFor(13);
        actor.Caught = caught;
        actor.With = record => record with { Exe = exe, TtyNr = terminal };
        scene.Process(13, "cat", parent: 10).ReadEnd(7000, 0).Reads(0);

        Finding[] findings = [.. scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock)];

        Assert.Equal(told ? [("child-never-exits", Confidence.Suspected)] : [], findings.Select(Of));
        if (told)
            Assert.Equal((10, 4), (findings[0].Culprit!.Pid, findings[0].Culprit!.Fd));
    }

    [Theory]
    [InlineData("a copy", true)]
    [InlineData("a shell", false)] // which waits for whatever it was told to run: its helper, say
    [InlineData("idle", false)]
    public void Diagnose_WorkerThatWaitsForAFilterWhoseInputItsPoolKeeps_IsSuspected(string worker, bool told)
    {
        // The main thread waits for an answer, a thread reads the answers (7001), and the worker reads its tasks (7002).
        var scene = new Scene();
        scene.Process(10, "python3").WriteEnd(7000, 4).ReadEnd(7001, 5).WriteEnd(7002, 6).WaitsOnFutex().Reads(5);
        Actor copy = scene.Process(13, "python3", parent: 10).WriteEnd(7001, 5).ReadEnd(7002, 6);
        _ = worker == "idle" ? copy.Reads(6) : copy.WaitsFor(14);
        foreach (int pid in (int[])[10, 13])
        {
            scene[pid].Caught = Interrupt;
            scene[pid].With = record => record with { Exe = pid == 13 && worker == "a shell" ? "/usr/bin/bash" : "/usr/bin/python3.11" };
        }
        if (worker != "idle")
            scene.Process(14, "cat", parent: 13).ReadEnd(7000, 0).Reads(0);

        Finding[] findings = [.. scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock)];

        Assert.Equal(told ? [("child-never-exits", Confidence.Suspected)] : [], findings.Select(Of));
        if (told)
            Assert.Equal((10, 4), (findings[0].Culprit!.Pid, findings[0].Culprit!.Fd));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)] // one of the workers runs something else
    public void Diagnose_WorkersWhoseFiltersReadWhatThePoolAndEachOfThemKeeps_AreSuspected(bool all, bool told)
    {
        var scene = new Scene();
        scene.Process(10, "python3").WriteEnd(7000, 4).ReadEnd(7001, 5).WriteEnd(7001, 7).WaitsOnFutex().Reads(5);
        foreach (int worker in (int[])[13, 15])
        {
            scene.Process(worker, "python3", parent: 10).WriteEnd(7000, 4).WriteEnd(7001, 7).WaitsFor(worker + 1);
            Actor command = scene.Process(worker + 1, "cat", parent: worker).ReadEnd(7000, 0);
            _ = all || worker == 13 ? command.Reads(0) : command.Sleeps();
        }
        foreach (int pid in (int[])[10, 13, 15])
        {
            scene[pid].Caught = Interrupt;
            scene[pid].With = record => record with { Exe = "/usr/bin/python3.11" };
        }

        Finding[] findings = [.. scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock)];

        Assert.Equal(told ? [("child-never-exits", Confidence.Suspected)] : [], findings.Select(Of));
    }

    private static (string, Confidence) Of(Finding finding) => (finding.Rule, finding.Confidence);

    /// <summary>A main thread and two more, each on a futex of its own.</summary>
    private static Scene Apart(ulong caught, int terminal = 0, string exe = "/usr/bin/python3.11", ulong second = 0x8000)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "python3").WaitsOnFutex().Thread(11, 202, "futex_do_wait", 0x7008, 0x80 | 9, 0, 0).Thread(12, 202, "futex_do_wait", second, 0x80 | 9, 0, 0);
        actor.Caught = caught;
        actor.With = record => record with { Exe = exe, TtyNr = terminal };
        return scene;
    }
}
