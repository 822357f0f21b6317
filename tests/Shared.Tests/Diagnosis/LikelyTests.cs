using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>What is told once service threads and timeouts are left aside.</summary>
public sealed class LikelyTests
{
    [Fact]
    public void Diagnose_HangThatOnlyServiceThreadsCouldEnd_IsLikelyAndNamesThem()
    {
        Finding finding = Assert.Single(HeldTwice(reader => reader.With = record => record with { Threads = [.. record.Threads, .. Services(record)] }).Diagnose().Findings);

        Assert.Equal(("eof-held-by-duplicate", Confidence.Likely), (finding.Rule, finding.Confidence));
        Assert.Contains(".NET DebugPipe", Assert.Single(finding.NotProvenBecause, reason => reason.Contains("service threads", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(2, finding.Participants[0].Threads.Count(thread => thread.Housekeeping));
    }

    [Fact]
    public void Diagnose_ThreadOfTheSameNameThatDoesSomethingElse_IsNotLeftAside() =>
        Assert.DoesNotContain(
            HeldTwice(reader => reader.With = record => record with { Threads = [.. record.Threads, .. Services(record).Select(thread => thread with { Call = Sleep, Wchan = "hrtimer_nanosleep" })] })
                .Diagnose().Findings,
            finding => finding.Class == FindingClass.Deadlock);

    [Fact]
    public void Diagnose_ServiceNamesInAnotherProgram_AreNotLeftAside() =>
        Assert.DoesNotContain(
            HeldTwice(reader => reader.With = record => record with { Threads = [.. record.Threads, Services(record)[0]] }).Diagnose().Findings,
            finding => finding.Class == FindingClass.Deadlock);

    [Fact]
    public void Diagnose_IdleRuntimesThatOnlyWaitForEachOther_AreHealthy()
    {
        // A client and its server, each with nothing to do: no rule has anybody to blame.
        var scene = new Scene();
        scene.Process(10, "client").ReadEnd(7000, 3).WriteEnd(7001, 4).Reads(3).With = record => record with { Threads = [.. record.Threads, .. Services(record)] };
        scene.Process(11, "server", parent: 10).ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_TimedWaitThatWasNotSeenToComeBack_IsHealthy()
    {
        (Scene scene, _) = TimedParent(childSleeps: false);

        Assert.Empty(Twice(scene, () => { }));
    }

    [Fact]
    public void Diagnose_TimedWaitThatComesBackForOneThatWaitsForIt_IsSuspected()
    {
        (Scene scene, Actor parent) = TimedParent(childSleeps: false);
        Finding finding = Assert.Single(Twice(scene, parent.Ran));

        Assert.Equal(("retry-without-progress", FindingClass.Stall, Confidence.Suspected), (finding.Rule, finding.Class, finding.Confidence));
        Assert.Equal([60, 61], finding.Pids);
    }

    /// <summary>The timeout is that of the loop's next timer: an interval, say.</summary>
    [Fact]
    public void Diagnose_EventLoopThatComesBackForItsTimers_IsHealthy()
    {
        var scene = new Scene();
        Actor parent = scene.Process(60, "parent").ReadEnd(7000, 5).WriteEnd(7001, 6).WaitsInEpollFor(100, 9, new EpollMember(5, 1, 7000, 12));
        scene.Process(61, "child", parent: 60).ReadEnd(7001, 0).WriteEnd(7000, 1).Reads(0);

        Assert.Empty(Twice(scene, parent.Ran));
    }

    [Theory]
    [InlineData(false, false, 1)]
    [InlineData(true, false, 0)] // what is sent at each timeout is read
    [InlineData(false, true, 0)] // both have timeouts: what they send each other does not show
    public void Diagnose_TimedWaitThatComesBackForTheMinimumWait_IsToldWhereTheOtherHasNotMoved(bool childReads, bool childTimed, int findings)
    {
        var scene = new Scene();
        Actor parent = Polls(scene.Process(60, "parent").ReadEnd(7000, 5).WriteEnd(7001, 6), 60, 5);
        Actor child = scene.Process(61, "child", parent: 60).ReadEnd(7001, 0).WriteEnd(7000, 1);
        _ = childTimed ? Polls(child, 61, 0) : child.Reads(0);
        child.With = record => record with { Threads = [.. record.Threads.Select(thread => thread with { LastRan = null })] };
        var diagnosis = new HostDiagnosis(new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(10) });
        ImmutableArray<Finding> told = [];
        for (int at = 1000; at <= 1012; at++)
        {
            parent.Ran();
            if (childTimed || childReads && at % 3 == 0)
                child.Ran();
            told = diagnosis.Advance(scene.Look(at)).Findings;
        }

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding => Assert.Equal("retry-without-progress", finding.Rule));
    }

    [Fact]
    public void Diagnose_TimedWaitForOneThatSleeps_IsHealthy()
    {
        (Scene scene, Actor parent) = TimedParent(childSleeps: true);

        Assert.Empty(Twice(scene, parent.Ran));
    }

    [Fact]
    public void Diagnose_TimedWaitBelowTheMinimumWait_IsNotTold()
    {
        (Scene scene, _) = TimedParent(childSleeps: false);

        Assert.Empty(scene.Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(10) }).Findings);
    }

    [Theory]
    [InlineData(995, 10, false, 2)] // it may come back for the minimum wait
    [InlineData(900, 10, false, 0)] // one long timeout
    [InlineData(995, 10, true, 0)] // nobody waits for it
    [InlineData(1000, 0, false, 2)] // it has just run, whatever wait is asked for
    [InlineData(995, 0, false, 0)]
    public void MayRetry_TimedWaitForOneThatWaitsForIt_WhereItBeganWithinTheMinimumWait(int ranAt, int minimumWait, bool childSleeps, int pids)
    {
        (Scene scene, Actor parent) = TimedParent(childSleeps);
        parent.With = record => record with { Threads = [.. record.Threads.Select(thread => thread with { LastRan = TimeSpan.FromSeconds(ranAt) })] };
        var diagnosis = new HostDiagnosis(new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(minimumWait) });
        diagnosis.Advance(scene.Look(1000));
        ImmutableArray<Finding> findings = diagnosis.Advance(scene.Look(1001)).Findings;

        Assert.Empty(findings);
        Assert.Equal(pids, diagnosis.MayRetry(findings).Distinct().Count());
    }

    [Fact]
    public void Diagnose_ParentsThatWaitForTheReader_StandUpstreamInTheStall()
    {
        Scene scene = Scenes.HeldByOrphan();
        scene.Process(98, "make").WaitsFor(-1);
        scene.Process(99, "sh", parent: 98).WaitsFor(-1);
        scene.Process(100, "runner", parent: 99).Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: true).Reads(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("eof-held-by-orphan", finding.Rule);
        Assert.Equal([98, 99, 100, 120], finding.Participants.Select(participant => participant.Pid));
        Assert.Equal(ParticipantRole.RootWaiter, finding.Participants[0].Role);
        Assert.Equal([100, 120], finding.Pids);
        Assert.Equal(Assert.Single(Scenes.HeldByOrphan().Diagnose().Findings).Fingerprint.Shape, finding.Fingerprint.Shape);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Diagnose_LastOfAPipelineWhoseFirstWasAdopted_IsAStall(bool adopted, int findings)
    {
        var scene = new Scene();
        scene.Process(50, "sh").WaitsFor(-1);
        scene.Process(60, "cat", parent: 50).ReadEnd(7000, 0).Reads(0);
        scene.Process(61, "sleep", parent: adopted ? 1 : 50).WriteEnd(7000, 1).Sleeps();

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Rule == "eof-held-by-orphan"));
    }

    [Theory]
    [InlineData("output", true, 1)] // communicate() of the last of two
    [InlineData("output", false, 0)]
    [InlineData("both", true, 1)]
    [InlineData("signal", true, 1)] // timeout(1), which is told of its child's end by SIGCHLD
    [InlineData("signal", false, 0)]
    [InlineData("other", true, 0)] // it reads what somebody else says
    [InlineData("shared", true, 0)] // which others may say as well
    public void Diagnose_LastOfAPipelineWhoseParentWaitsForItByOtherMeans_IsAStallWhereTheFirstWasAdopted(string how, bool adopted, int findings)
    {
        var scene = new Scene();
        Actor runner = scene.Process(50, "runner").ReadEnd(7001, 5).ReadEnd(7002, 6);
        scene.Process(60, "grep", parent: 50).ReadEnd(7000, 0).WriteEnd(7001, 1).Reads(0);
        scene.Process(61, "sleep", parent: adopted ? 1 : 50).WriteEnd(7000, 1).Sleeps();
        Actor other = scene.Process(62, "worker", parent: 50).WriteEnd(7002, 1).Sleeps();
        if (how == "shared")
            other.WriteEnd(7001, 2);
        if (how == "signal")
            runner.WaitsForSignal().Caught = 1UL << 16;
        else
            _ = how == "both" ? runner.Polls(5, 6) : runner.Reads(how == "other" ? 6 : 5);

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Rule == "eof-held-by-orphan"));
    }

    [Fact]
    public void Diagnose_WhatAnOrphanStarted_IsOfTheFamilyToo()
    {
        Scene scene = Scenes.HeldByOrphan();
        Actor below = scene.Process(121, "below", parent: 120).WriteEnd(7000, 1).Sleeps();
        below.Session = below.Pgrp = 110;

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("eof-held-by-orphan", finding.Rule);
        Assert.Equal([100, 120, 121], finding.Pids);
    }

    [Theory]
    [InlineData(5, true, 1)]
    [InlineData(1, true, 0)]
    [InlineData(5, false, 0)]
    public void Diagnose_DaemonThatHasAPipeByMistake_IsAStallOnlyAboveStdioAndOutsideTheJob(int fd, bool ownSession, int findings)
    {
        var scene = new Scene();
        scene.Process(50, "sh").WaitsFor(-1);
        scene.Process(60, "cat", parent: 50).ReadEnd(7000, 0).Reads(0);
        Actor daemon = scene.Process(61, "daemon", parent: 50).WriteEnd(7000, fd).Sleeps();
        if (ownSession)
            daemon.Session = daemon.Pgrp = 61;

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Rule == "eof-held-by-unrelated"));
    }

    [Theory]
    [InlineData(60, "signal", 1)]
    [InlineData(60, "time", 0)] // it comes to its end by and by
    [InlineData(-1, "signal", 0)] // a shell, whose pipeline it may be
    [InlineData(60, "input", 0)] // what it reads it may be about to hand on
    [InlineData(60, "child", 0)] // whose output it may be about to hand on
    public void Diagnose_SiblingOfTheSameJobThatHasAPipe_IsSuspectedWhereItIsIdleAndTheReaderIsWaitedFor(int awaited, string waitsFor, int findings)
    {
        var scene = new Scene();
        scene.Process(50, "runner").WaitsFor(awaited);
        scene.Process(60, "cat", parent: 50).ReadEnd(7000, 0).Reads(0);
        Actor server = scene.Process(61, "server", parent: 50).WriteEnd(7000, 5).ReadEnd(7001, 6);
        scene.Process(62, "feeder").WriteEnd(7001, 1).Sleeps();
        scene.Process(63, "step", parent: 61).Sleeps();
        _ = waitsFor switch { "signal" => server.WaitsForSignal(), "time" => server.Sleeps(), "child" => server.WaitsFor(63), _ => server.Reads(6) };

        ImmutableArray<Finding> told = [.. scene.Diagnose().Findings.Where(finding => finding.Rule == "eof-held-by-unrelated")];
        Assert.Equal(findings, told.Length);
        Assert.All(told, finding => Assert.Equal(Confidence.Suspected, finding.Confidence));
    }

    /// <summary>The pipe that joins them was made by somebody who may have kept it.</summary>
    [Theory]
    [InlineData(false, Confidence.Proven)]
    [InlineData(true, Confidence.Suspected)]
    public void Diagnose_SiblingsWhoseParentIsHidden_AreSuspected(bool hidden, Confidence confidence)
    {
        var scene = new Scene();
        Actor parent = scene.Process(50, "supervisor").Sleeps();
        scene.Process(60, "one", parent: 50).ReadEnd(7000, 3).WriteEnd(7001, 4).Reads(3);
        scene.Process(61, "two", parent: 50).ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);
        if (hidden)
            parent.Hidden();

        Assert.Equal(("pipe-read-cycle", confidence), Assert.Single(scene.Diagnose().Findings) is var finding ? (finding.Rule, finding.Confidence) : default);
    }

    [Theory]
    [InlineData(60, true, true, 1)] // sh -c 'cat; echo done'
    [InlineData(60, false, true, 1)] // nor is the other one of its job
    [InlineData(-1, true, true, 0)]
    [InlineData(60, true, false, 0)] // the shell does something else with it than to wait for who reads
    public void Diagnose_ReaderThatWasStartedThroughAShell_IsTheOneThatTheShellWasStartedFor(int awaited, bool sameJob, bool shellWaits, int findings)
    {
        var scene = new Scene();
        scene.Process(50, "runner").WaitsFor(awaited);
        Actor shell = scene.Process(60, "sh", parent: 50).ReadEnd(7000, 0);
        _ = shellWaits ? shell.WaitsFor(-1) : shell.Reads(0);
        scene.Process(61, "cat", parent: 60).ReadEnd(7000, 0).Reads(0);
        Actor server = scene.Process(62, "server", parent: 50).WriteEnd(7000, 5).WaitsForSignal();
        if (!sameJob)
            server.Session = server.Pgrp = 62;

        Finding[] told = [.. scene.Diagnose().Findings.Where(finding => finding.Rule == "eof-held-by-unrelated")];

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding => Assert.Equal((sameJob ? Confidence.Suspected : Confidence.Likely, 62, 5), (finding.Confidence, finding.Culprit!.Pid, finding.Culprit.Fd!.Value)));
    }

    [Theory]
    [InlineData("--log-fd", "5", 0)]
    [InlineData("--verbose", "6", 1)]
    public void Diagnose_DaemonThatWasToldOfItsPipe_DoesNotHaveItByMistake(string option, string word, int findings)
    {
        var scene = new Scene();
        scene.Process(50, "supervisor").WaitsFor(-1);
        scene.Process(60, "cat", parent: 50).ReadEnd(7000, 0).Reads(0);
        Actor daemon = scene.Process(61, "daemon", parent: 50).WriteEnd(7000, 5).Sleeps();
        daemon.Session = daemon.Pgrp = 61;
        daemon.Cmdline = ["daemon", option, word];

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Rule == "eof-held-by-unrelated"));
    }

    /// <summary>Who was started before the pipe was made and has sockets may have been passed its end.</summary>
    [Theory]
    [InlineData(false, "inherited", "was started beside the reader, and has its stdio elsewhere, and waits for other things: it has inherited that end.")]
    [InlineData(true, "open", "was started beside the reader, and has its stdio elsewhere, and waits for other things: it has inherited that end, or was passed it over a socket (SCM_RIGHTS).")]
    public void Diagnose_SiblingOfTheSameJobThatHasAPipe_IsSaidToHaveInheritedItWhereNoSocketCanHaveBroughtIt(bool sockets, string has, string how)
    {
        var scene = new Scene();
        scene.Process(50, "runner").WaitsFor(60);
        scene.Process(60, "cat", parent: 50).ReadEnd(7000, 0).Reads(0);
        Actor server = scene.Process(61, "server", parent: 50).WriteEnd(7000, 5).WaitsForSignal();
        if (sockets)
            server.Has(3, "socket:[900]", FdAccess.ReadWrite);

        Finding finding = Assert.Single(scene.Diagnose().Findings, finding => finding.Rule == "eof-held-by-unrelated");

        Assert.Contains($"whose write end server (61) has {has} and does not use", finding.Summary, StringComparison.Ordinal);
        Assert.Contains($"server (61) {how}", finding.Explanation);
    }

    [Theory]
    [InlineData("tracker", null, 1)]
    [InlineData("program", null, 0)] // a copy as well: producer and consumer
    [InlineData("tracker", "pipe:[7000]", 0)] // the parent has it itself: it will not end by that one alone
    [InlineData("tracker", "socket:[4711]", 0)] // it has something else there: the copy was given the end later, over a socket, to use it
    public void Diagnose_SleepingCopyThatHasTheReadersPipe_IsSuspectedWhereItCanHaveInheritedItAndDoesNotServeTheReader(string reader, string? atTheParent, int findings)
    {
        var scene = new Scene();
        Actor parent = scene.Process(50, "program").WaitsFor(60);
        scene.Process(60, reader, parent: 50).ReadEnd(7000, 4).Reads(4);
        scene.Process(61, "program", parent: 50).WriteEnd(7000, 5).Sleeps();
        if (atTheParent is not null)
            parent.Has(5, atTheParent, FdAccess.Write);

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Rule == "eof-held-by-unrelated"));
    }

    [Theory]
    [InlineData('Z', 1)]
    [InlineData('S', 0)]
    public void Diagnose_ChildThatHasTheOutputOfAnother_IsSuspectedWhereThatOneHasExited(char other, int findings)
    {
        var scene = new Scene();
        scene.Process(50, "runner").ReadEnd(7000, 5).Reads(5);
        scene.Process(60, "test", parent: 50).Sleeps().State = other;
        scene.Process(61, "server", parent: 50).WriteEnd(7000, 6).WaitsForSignal();

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Rule == "eof-held-by-unrelated"));
    }

    private static BlockedCall Sleep { get; } = new(BlockedCallStatus.InCall, 230, [1, 0, 0x2000, 0, 0, 0]);

    /// <summary>A reader in which a runtime is, and a child that has the pipe twice and waits for the reader.</summary>
    private static Scene HeldTwice(Action<Actor> change)
    {
        var scene = new Scene();
        change(scene.Process(60, "reader").ReadEnd(7000, 5).WriteEnd(7001, 6).Reads(5));
        scene.Process(61, "cat", parent: 60).ReadEnd(7001, 0).WriteEnd(7000, 1, 4).Reads(0);
        return scene;
    }

    private static ImmutableArray<ThreadRecord> Services(ProcessRecord record)
    {
        ThreadRecord first = record.Threads[0];
        return
        [
            first with { Tid = record.Pid + 1000, Comm = ".NET DebugPipe", Wchan = "wait_for_partner", Call = new BlockedCall(BlockedCallStatus.InCall, 257, [1, 2, 0, 0, 0, 0]) },
            first with { Tid = record.Pid + 1001, Comm = ".NET Finalizer", Wchan = "futex_do_wait", Call = new BlockedCall(BlockedCallStatus.InCall, 202, [0x7000, 0x89, 0, 0x8000, 0, 0]) },
        ];
    }

    private static (Scene, Actor) TimedParent(bool childSleeps)
    {
        var scene = new Scene();
        Actor parent = Polls(scene.Process(60, "parent").ReadEnd(7000, 5).WriteEnd(7001, 6), 60, 5);
        Actor child = scene.Process(61, "child", parent: 60).ReadEnd(7001, 0).WriteEnd(7000, 1);
        _ = childSleeps ? child.Sleeps() : child.Reads(0);
        return (scene, parent);
    }

    /// <summary>For a tenth of a second.</summary>
    private static Actor Polls(Actor actor, int tid, int fd) =>
        actor.Thread(tid, 7, "poll_schedule_timeout", new CallMemory { PollSet = [new PollMember(fd, 1)] }, [0x3000, 1, 100]);

    private static ImmutableArray<Finding> Twice(Scene scene, Action between)
    {
        Snapshot first = scene.Look(1000);
        between();
        Snapshot last = scene.Look(1001);
        return Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), new DiagnosisOptions { MinimumWait = TimeSpan.Zero }).Findings;
    }
}
