using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>System V objects, POSIX queues, FIFOs, terminals.</summary>
public sealed class NamedObjectTests
{
    [Theory]
    [InlineData(0, false, 0UL, 1)]
    [InlineData(77, false, 0UL, 0)] // anybody can find it by its key
    [InlineData(0, true, 0UL, 0)] // one of those who know of it can run
    [InlineData(0, false, 1UL << 14, 0)] // a handler of SIGTERM may post
    public void Diagnose_FamilyThatWaitsForItsOwnSemaphores_IsStuckUnlessSomebodyCanPost(int key, bool alive, ulong caught, int findings)
    {
        Scene scene = new();
        Actor parent = Knows(scene.Process(10, "a")), child = Knows(scene.Process(11, "a", parent: 10));
        parent.Thread(10, 220, "__do_semtimedop", 5, 0x1000, 1, 0).Caught = caught;
        _ = alive ? child.Sleeps() : child.Thread(11, 220, "__do_semtimedop", 5, 0x1000, 1, 0);

        DiagnosisResult result = Diagnose(scene, new SysvObject(SysvKind.Semaphores, 5, key) { Count = 2 });

        Assert.Equal(findings, result.Findings.Length);
        // Its id stands in ipcs(1): that nobody else uses it is likely, and no more.
        Assert.All(result.Findings, finding => Assert.Equal(Confidence.Likely, finding.Confidence));
        Assert.All(result.Findings, finding => Assert.Contains(finding.NotProvenBecause, why => why.Contains("ipcs", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(0, 0UL, 1)]
    [InlineData(0, 1UL, 0)] // it takes any: it is about to wake
    [InlineData(7, 1UL, 1)] // of another type: one that it wants would have been handed to it
    public void Diagnose_TwoWhoWaitForMessages_AreStuckUnlessOneLiesThereForThem(int type, ulong messages, int findings)
    {
        Scene scene = new();
        Actor parent = Knows(scene.Process(10, "a")), child = Knows(scene.Process(11, "a", parent: 10));
        foreach (Actor actor in (Actor[])[parent, child])
            actor.Thread(actor == parent ? 10 : 11, 70, "do_msgrcv", 5, 0x1000, 64, (ulong)type, 0);

        DiagnosisResult result = Diagnose(scene, new SysvObject(SysvKind.MessageQueue, 5, 0) { Count = messages });

        Assert.Equal(Enumerable.Repeat("ipc-cycle", findings), result.Findings.Select(finding => finding.Rule));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)] // it has another name, by which anybody may open it
    [InlineData(null, 0)]
    public void Diagnose_AFifoThatHasLostAName_IsClosedOnlyWhereItHasNoneLeft(int? links, int findings)
    {
        Scene scene = new();
        scene.Process(10, "a").Has(3, "/there (deleted)", FdAccess.Read, links: (uint?)links).Has(4, "/back (deleted)", FdAccess.Write, links: (uint?)links).Reads(3);
        scene.Process(11, "b").Has(3, "/back (deleted)", FdAccess.Read, links: (uint?)links).Has(4, "/there (deleted)", FdAccess.Write, links: (uint?)links).Reads(3);

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Confidence == Confidence.Proven));
    }

    [Theory]
    [InlineData(" (deleted)", 1)]
    [InlineData("", 0)]
    public void Diagnose_TwoWhoReadEachOthersQueue_AreStuckOnlyWhereItsNameIsGone(string suffix, int findings)
    {
        Scene scene = new();
        foreach (int pid in (int[])[10, 11])
        {
            scene.Process(pid, "a").Has(3, $"/there{suffix}", FdAccess.ReadWrite).Has(4, $"/back{suffix}", FdAccess.ReadWrite)
                .Thread(pid, 243, "wq_sleep", (ulong)(pid - 7), 0, 0, 0, 0);
        }

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(" (deleted)", 1)]
    [InlineData("", 0)]
    public void Diagnose_TwoWhoReadEachOthersFifo_AreStuckOnlyWhereItsNameIsGone(string suffix, int findings)
    {
        Scene scene = new();
        scene.Process(10, "a").Has(3, $"/there{suffix}", FdAccess.Read).Has(4, $"/back{suffix}", FdAccess.Write).Reads(3);
        scene.Process(11, "b").Has(3, $"/back{suffix}", FdAccess.Read).Has(4, $"/there{suffix}", FdAccess.Write).Reads(3);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData("", 10, 1)]
    [InlineData("", 3600, 0)]
    [InlineData("another job", 10, 0)]
    [InlineData("somebody else has it", 10, 0)]
    [InlineData("both ends", 10, 0)] // as a service does, so that the FIFO never ends
    public void Diagnose_RingOverANamedFifo_IsSuspectedWhereAllWhoHaveItAreOneStuckFamily(string but, int minimum, int findings)
    {
        Scene scene = new();
        scene.Process(10, "tee").ReadEnd(7000, 0).Has(3, "/f", FdAccess.Write).Reads(0);
        Actor cat = scene.Process(11, "cat").WriteEnd(7000, 1).Has(3, "/f", FdAccess.Read).Reads(3);
        if (but == "another job")
            cat.Pgrp = 51;
        else if (but == "somebody else has it")
            scene.Process(12, "feeder").Has(3, "/f", FdAccess.Write).Sleeps();
        else if (but == "both ends")
            cat.Has(4, "/f", FdAccess.Write);

        DiagnosisResult result = scene.Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(minimum) });

        Assert.Equal(Enumerable.Repeat((Confidence.Suspected, "pipe-read-cycle"), findings), result.Findings.Select(finding => (finding.Confidence, finding.Rule)));
        Assert.All(result.Findings, finding => Assert.Equal(["anybody may open the FIFO /f by its name"], finding.NotProvenBecause));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(5, false)] // exec 5>f; server <f & wait
    [InlineData(0, false)]
    public void Diagnose_FifoThatTakesTheOutputOfWhoWaitsForItsReader_IsNoServicesDoor(int fd, bool told)
    {
        Scene scene = new();
        scene.Process(10, "bash").Has(fd, "/f", FdAccess.Write).WaitsFor(-1);
        scene.Process(11, "tee", parent: 10).Has(0, "/f", FdAccess.Read).Reads(0);

        Assert.Equal(told ? [("child-never-exits", Confidence.Suspected, 10, fd)] : [], scene.Diagnose().Findings.Select(finding => (finding.Rule, finding.Confidence, finding.Culprit!.Pid, finding.Culprit.Fd!.Value)));
    }

    [Theory]
    [InlineData(FdAccess.Write, true)]
    [InlineData(FdAccess.ReadWrite, false)]
    public void Diagnose_HolderOfALockReadsAFifoWhoseWriterWantsTheLock_IsSuspected(FdAccess access, bool told)
    {
        Scene scene = new();
        scene.Process(10, "holder").Has(3, "/f", FdAccess.Read).Opens(4, "/lock", 42, 1, new FileLock(1, false, LockKind.Flock, LockAccess.Write, 10, 0xfe00000, 42, 0, long.MaxValue)).Reads(3);
        scene.Process(11, "wants").Has(3, "/f", access).Opens(4, "/lock", 42, 2).WaitsForLock(4);

        Assert.Equal(told ? [("file-lock-held-by-stuck", Confidence.Suspected)] : [], scene.Diagnose().Findings.Select(finding => (finding.Rule, finding.Confidence)));
    }

    [Theory]
    [InlineData("recipe", "/usr/bin/make", "ipc-cycle")]
    [InlineData("recipe", "/usr/bin/runner", null)] // a service may be run so
    [InlineData("itself", "/usr/bin/make", "eof-held-by-self")]
    [InlineData("itself", "/usr/bin/runner", null)]
    [InlineData("somebody beside", "/usr/bin/make", null)]
    [InlineData("another job", "/usr/bin/make", null)]
    [InlineData("somebody else has it", "/usr/bin/make", null)]
    [InlineData("a handler", "/usr/bin/make", null)]
    public void Diagnose_FifoThatItsReadersAloneHaveOpen_IsSuspectedWhereTheyAreAStepOfWork(string how, string parent, string? rule)
    {
        Scene scene = new();
        scene.Process(9, "make").WaitsFor(-1).With = record => record with { Exe = parent };
        Actor shell = scene.Process(10, "sh", parent: 9).Has(3, "/f", FdAccess.ReadWrite);
        if (how == "itself")
        {
            // read line < /f, in an interpreter
            shell.Has(0, "/f", FdAccess.Read).Reads(0).With = record => record with { Exe = "/usr/bin/dash" };
            shell.Caught = 1UL << 1;
        }
        else
        {
            // exec 3<>/f; cat <&3
            shell.WaitsFor(-1);
            scene.Process(11, "cat", parent: 10).Has(0, "/f", FdAccess.ReadWrite).Has(3, "/f", FdAccess.ReadWrite).Reads(0);
        }
        if (how == "a handler")
            scene[11].Caught = 1UL << 14;
        else if (how == "another job")
            scene.Process(12, "cc", parent: 9).Sleeps().Pgrp = 61;
        else if (how == "somebody beside")
            scene.Process(12, "cc").Sleeps().Pgrp = 60;
        else if (how == "somebody else has it")
            scene.Process(12, "feeder").Has(3, "/f", FdAccess.Write).WaitsOnFutex().Pgrp = 61;
        scene[9].Pgrp = scene[10].Pgrp = 60;
        if (how != "itself")
            scene[11].Pgrp = 60;

        DiagnosisResult result = scene.Diagnose();

        Assert.Equal(rule is null ? [] : [(Confidence.Suspected, rule)], result.Findings.Where(finding => finding.Class == FindingClass.Deadlock && !finding.Pids.Contains(12)).Select(finding => (finding.Confidence, finding.Rule)));
        Assert.All(result.Findings.Where(finding => finding.Rule == rule), finding => Assert.Contains("anybody may open the FIFO /f by its name", finding.NotProvenBecause));
    }

    [Fact]
    public void Diagnose_WriterToATerminalThatTakesNoMore_WaitsForTheOneWhoIsToRead()
    {
        Scene scene = new();
        Actor master = scene.Process(10, "parent").Has(3, "/dev/ptmx", FdAccess.ReadWrite).WaitsFor(11);
        master.With = record => record with { Fds = [.. record.Fds.Select(fd => fd with { TtyIndex = 7 })] };
        scene.Process(11, "child", parent: 10).Has(1, "/dev/pts/7", FdAccess.ReadWrite).Thread(11, 1, "wait_woken", 1);

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal(("terminal-full-cycle", 10, 3), (finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Contains(finding.Explanation, sentence => sentence.StartsWith("child (11) writes to the terminal /dev/pts/7 (fd 1), which takes no more.", StringComparison.Ordinal));
    }

    [Fact]
    public void Diagnose_WriterToATerminalWhoseOtherSideIsRead_StandsBeforeAStoppedOutput()
    {
        Scene scene = new();
        scene.Process(10, "parent").Has(3, "/dev/ptmx", FdAccess.ReadWrite).Fd(3, fd => fd with { TtyIndex = 7 }).Thread(10, 0, "wait_woken", 3);
        scene.Process(11, "child", parent: 10).Has(1, "/dev/pts/7", FdAccess.ReadWrite).Thread(11, 1, "wait_woken", 1);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("child (11) writes to the terminal /dev/pts/7, whose output is stopped: parent (10) reads its other side at fd 3, and gets nothing.", finding.Summary);
        Assert.Equal("It ends when parent (10) writes Ctrl-Q (XON) to fd 3, or somebody continues the output of /dev/pts/7 (tcflow(3), TCOON).", finding.Culprit!.Remedy);
    }

    [Theory]
    [InlineData(7, false, 0, 1)]
    [InlineData(8, false, 0, 0)] // the master of another terminal
    [InlineData(7, true, 0, 0)] // who has it as its controlling terminal can push input back
    [InlineData(7, false, 20, 0)] // VTIME: the read comes back by itself
    [InlineData(7, false, null, 0)] // may not be asked
    public void Diagnose_BothSidesOfATerminalRead_AreStuckUnlessSomebodyElseHasItOrTimeEndsARead(int index, bool session, int? tenths, int findings)
    {
        Scene scene = new();
        Actor master = scene.Process(10, "a").Has(3, "/dev/ptmx", FdAccess.ReadWrite).Thread(10, 0, "wait_woken", 3);
        master.With = record => record with { Fds = [.. record.Fds.Select(fd => fd with { TtyIndex = index })] };
        Actor slave = scene.Process(11, "b").Has(0, "/dev/pts/7", FdAccess.ReadWrite).Thread(11, 0, "wait_woken", 0);
        if (tenths is { } time)
            slave.Fd(0, fd => fd with { Timeouts = new SocketTimeouts(TimeSpan.FromMilliseconds(100 * time), TimeSpan.Zero) });
        scene.Process(12, "c").Sleeps().With = record => record with { TtyNr = session ? 136 << 8 | 7 : 0 };

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(false, false, 0)] // a serial line that it plays, for others to open
    [InlineData(true, false, 1)]
    [InlineData(true, true, 1)]
    public void Diagnose_ReaderOfATerminalThatItHasBothSidesOf_OffersItUnlessItsChildIsGone(bool exited, bool python, int findings)
    {
        var scene = new Scene();
        Actor reader = scene.Process(10, python ? "python3" : "reader").Has(3, "/dev/ptmx", FdAccess.ReadWrite).Fd(3, fd => fd with { TtyIndex = 7 }).Has(4, "/dev/pts/7", FdAccess.ReadWrite).Thread(10, 0, "wait_woken", 3);
        if (python)
        {
            reader.Caught = 1UL << 1; // SIGINT
            reader.With = record => record with { Exe = "/usr/bin/python3.11" };
        }
        if (exited)
            scene.Process(11, "child", parent: 10).State = 'Z';

        DiagnosisResult result = scene.Diagnose();

        Assert.Equal(Enumerable.Repeat(("eof-held-by-self", Confidence.Likely, 10, 4), findings), result.Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(finding => (finding.Rule, finding.Confidence, finding.Culprit!.Pid, finding.Culprit.Fd!.Value)));
        Assert.All(result.Findings, finding => Assert.Contains("whoever opens /dev/pts/7 by its name can write to it", finding.NotProvenBecause));
    }

    [Theory]
    [InlineData(136 << 8 | 7, 1)]
    [InlineData(136 << 8 | 8, 0)] // it is on another one
    [InlineData(4 << 8 | 7, 0)] // at which somebody sits
    [InlineData(0, 0)]
    public void Diagnose_ReaderOfTheControllingTerminal_WaitsForTheMasterOfTheOneThatItIsOn(int terminal, int findings)
    {
        DiagnosisResult result = Asked(terminal).Diagnose();

        Assert.Equal(Enumerable.Repeat(("child-never-exits", Confidence.Likely, 10), findings), result.Findings.Select(finding => (finding.Rule, finding.Confidence, finding.Culprit!.Pid)));
        Assert.All(result.Findings, finding => Assert.Equal(["which terminal /dev/tty was when it was opened does not show"], finding.NotProvenBecause));
        Assert.All(result.Findings, finding => Assert.Equal("parent (10) waits for its child child (11) to exit, and child (11) waits for parent (10) (fd 3) to type at /dev/tty.", finding.Summary));
        Assert.All(result.Findings, finding => Assert.Equal("It ends when parent (10) types at /dev/tty what child (11) waits for, or closes fd 3, its other side.", finding.Explanation[^1]));
    }

    [Theory]
    [InlineData(0, 0)] // it has left its session, and the terminal that it had may be this one
    [InlineData(136 << 8 | 8, 1)]
    public void Diagnose_AnotherAtAControllingTerminal_MayWriteToTheOneThatItHad(int terminal, int findings)
    {
        Scene scene = Asked(136 << 8 | 7);
        scene.Process(12, "other").Has(5, "/dev/tty", FdAccess.ReadWrite).Sleeps().With = record => record with { TtyNr = terminal };

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    /// <summary>A child asks for a password at its terminal, and its parent, who has the other side, waits for it.</summary>
    private static Scene Asked(int terminal)
    {
        var scene = new Scene();
        scene.Process(10, "parent").Has(3, "/dev/ptmx", FdAccess.ReadWrite).Fd(3, fd => fd with { TtyIndex = 7 }).WaitsFor(11);
        scene.Process(11, "child", parent: 10).Has(4, "/dev/tty", FdAccess.ReadWrite).Thread(11, 0, "wait_woken", 4).With = record => record with { TtyNr = terminal };
        return scene;
    }

    [Fact]
    public void Suspects_ShellAtATerminalThatSomebodyServes_IsNone()
    {
        Scene scene = new();
        scene.Process(10, "terminal").Has(3, "/dev/ptmx", FdAccess.ReadWrite).Sleeps();
        scene.Process(11, "shell").Has(0, "/dev/pts/7", FdAccess.ReadWrite).Thread(11, 0, "wait_woken", 0);

        Snapshot look = scene.Look();
        Assert.Empty(Diagnoser.Suspects(look, new LookMemory().Advance(look)));
    }

    [Fact]
    public void Diagnose_FifoThatNobodyOpens_IsAStallToldWithWhoWaitsForIt()
    {
        Scene scene = Fifo();

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal((FindingClass.Stall, Confidence.Suspected, "fifo-no-peer"), (finding.Class, finding.Confidence, finding.Rule));
        Assert.Equal([10, 11], finding.Pids);
        Assert.Equal((11, "/run/requests"), (finding.Culprit!.Pid, finding.Culprit.Resource));
        Assert.Equal("It ends when somebody opens /run/requests for writing.", finding.Explanation[^1]);

        Assert.Empty(scene.Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.FromHours(1) }).Findings);
    }

    [Theory]
    [InlineData("memory", 1)] // it idles, for all that shows
    [InlineData("clients", 0)]
    [InlineData("time", 0)]
    public void Diagnose_FifoThatNobodyOpensBesideAnotherThread_IsAStallWhereThatHasNoOtherWork(string other, int findings)
    {
        Scene scene = Fifo().Pair(500, 501, "/run/clients");
        Actor opener = scene[11];
        _ = other switch
        {
            "clients" => opener.Socket(4, 500).Receives(4),
            "time" => opener.Sleeps(),
            _ => opener.WaitsOnFutex(),
        };

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Rule == "fifo-no-peer"));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)] // it comes to its end, and the FIFO to its turn
    public void Diagnose_ArchiverThatMakesItsFifoAnewBeforeItReadsItsChild_IsAStallWhereThatWaitsForIt(bool childSleeps, int findings)
    {
        Scene scene = Fifo();
        scene.Process(11, "tar", parent: 10).ReadEnd(7000, 4).Thread(11, 85, "wait_for_partner", new CallMemory { Path = "o" }, [0x1000, 0x1b6]).Pgrp = 60;
        Actor child = scene.Process(12, "gzip", parent: 11).WriteEnd(7000, 1);
        child.Pgrp = 60;
        _ = childSleeps ? child.Sleeps() : child.Writes(1);

        ImmutableArray<Finding> told = scene.Diagnose().Findings;

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding => Assert.Equal(("fifo-no-peer", 11, "It ends when somebody opens o for reading."), (finding.Rule, finding.Culprit!.Pid, finding.Explanation[^1])));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void Diagnose_FifoThatAChildOfVforkOpensBeforeItsExec_IsAStallUnlessSomebodyBesideMayOpenIt(bool beside, int findings)
    {
        Scene scene = Fifo();
        scene.Process(10, "spawner").WaitsForVfork().Pgrp = 60;
        if (beside)
            scene.Process(12, "worker", parent: 10).Sleeps();

        ImmutableArray<Finding> told = scene.Diagnose().Findings;

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding => Assert.Equal(("fifo-no-peer", 11), (finding.Rule, finding.Culprit!.Pid)));
        Assert.All(told, finding => Assert.Equal([10, 11], finding.Pids));
    }

    [Fact]
    public void Diagnose_FifoWithSomebodyBesideWhoMayOpenIt_IsHealthy()
    {
        Scene scene = Fifo();
        scene.Process(12, "worker", parent: 10).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_ServiceThatWaitsForItsFifo_IsHealthy()
    {
        Scene scene = Fifo();
        scene[11].Caught = 1UL << 14;

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData("/usr/bin/orphan-agent", 1)]
    [InlineData("/usr/bin/worker", 0)]
    public void Diagnose_FifoBelowTheLookerItself_IsToldUnlessAnotherChildOfItMayOpenIt(string program, int findings)
    {
        Scene scene = Fifo();
        scene.Process(9, "orphan-agent").Sleeps().With = record => record with { Pgrp = 60, Exe = "/usr/bin/orphan-agent" };
        scene.Process(12, "reader", parent: 9).Sleeps().With = record => record with { Pgrp = 60, Exe = program };
        scene[10].With = record => record with { Ppid = 9 };

        DiagnosisResult told = Diagnose(scene, look => look with { ObserverPid = 9 });

        Assert.Equal(findings, told.Findings.Length);
        Assert.All(told.Findings, finding => Assert.Equal([10, 11], finding.Pids));
    }

    [Fact]
    public void Diagnose_FifoBelowWhoOnlySupervisesItsChildren_IsToldWithoutIt()
    {
        Scene scene = Fifo();
        scene.Process(9, "timeout").Thread(9, 130, "sigsuspend", 0x1000, 8).Pgrp = 60;
        scene[10].With = record => record with { Ppid = 9 };

        Assert.Equal([10, 11], Assert.Single(scene.Diagnose().Findings).Pids);

        scene.Process(12, "worker", parent: 9).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Suspects_RuntimeWithAThreadOfItsOwnAtAFifo_IsNone()
    {
        Scene scene = new();
        scene.Process(10, "app").Sleeps().Thread(11, 257, "wait_for_partner", 0, 0x1000);

        Snapshot look = scene.Look();
        Assert.Empty(Diagnoser.Suspects(look, new LookMemory().Advance(look)));
    }

    private static Scene Fifo()
    {
        Scene scene = new();
        scene.Process(10, "shell").WaitsFor(11).Pgrp = 60;
        scene.Process(11, "cat", parent: 10).Thread(11, 257, "wait_for_partner", new CallMemory { Path = "/run/requests" }, [0xffffff9c, 0x1000, 0]).Pgrp = 60;
        return scene;
    }

    [Theory]
    [InlineData(false, "ipc-cycle")]
    [InlineData(true, "child-never-exits")] // which has the end as well, and should let go of it
    public void Diagnose_ReaderOfOneThatWantsItsSemaphore_IsToBlameUnlessTheirParentCouldEndWhatItReads(bool parentWrites, string rule)
    {
        Scene scene = new();
        Actor parent = Knows(scene.Process(10, "parent").WaitsFor(-1));
        Knows(scene.Process(11, "owner", parent: 10).ReadEnd(7000, 3).Reads(3));
        Knows(scene.Process(12, "writer", parent: 10).WriteEnd(7000, 4).Thread(12, 220, "__do_semtimedop", 5, 0x1000, 1, 0));
        if (parentWrites)
            parent.WriteEnd(7000, 4);
        Snapshot first = scene.Look(1000), last = scene.Look(1001) with { SysvObjects = [new SysvObject(SysvKind.Semaphores, 5, 0) { Count = 1 }], IpcNamespace = 9 };

        Finding finding = Assert.Single(Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), new DiagnosisOptions { MinimumWait = TimeSpan.Zero }).Findings);

        Assert.Equal((rule, parentWrites ? 10 : 11), (finding.Rule, finding.Culprit!.Pid));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void Diagnose_SemaphoreAwaitedWithATimeoutAgainAndAgain_IsSuspectedWhereTheOtherWaits(bool childSleeps, int findings)
    {
        Scene scene = new();
        Actor parent = Knows(scene.Process(10, "a").WriteEnd(7000, 3)).Thread(10, 220, "__do_semtimedop", 5, 0x1000, 1, 0x3000);
        Actor child = Knows(scene.Process(11, "a", parent: 10).ReadEnd(7000, 3));
        _ = childSleeps ? child.Sleeps() : child.Reads(3);
        Snapshot first = scene.Look(1000);
        parent.Ran();
        Snapshot last = scene.Look(1001) with { SysvObjects = [new SysvObject(SysvKind.Semaphores, 5, 0) { Count = 1 }], IpcNamespace = 9 };

        ImmutableArray<Finding> told = Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), new DiagnosisOptions { MinimumWait = TimeSpan.Zero }).Findings;

        Assert.Equal(Enumerable.Repeat("retry-without-progress", findings), told.Select(finding => finding.Rule));
    }

    private static Actor Knows(Actor actor)
    {
        actor.With = record => record with { Exe = "/usr/bin/a", Cmdline = ["/usr/bin/a", "x"], Namespaces = new NamespaceSet(Ipc: 9) };
        return actor;
    }

    private static DiagnosisResult Diagnose(Scene scene, SysvObject item) => Diagnose(scene, look => look with { SysvObjects = [item], IpcNamespace = 9 });

    private static DiagnosisResult Diagnose(Scene scene, Func<Snapshot, Snapshot> with)
    {
        Snapshot first = scene.Look(1000), last = with(scene.Look(1001));
        return Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), new DiagnosisOptions());
    }
}
