using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Who catches signals and would do nothing about one as it waits now.</summary>
public sealed class UnheededTests
{
    private const ulong Interrupt = 1UL << 1, User1 = 1UL << 9, Terminate = 1UL << 14, Child = 1UL << 16;

    [Theory]
    [InlineData("dash", 0, true)]
    [InlineData("dash", Interrupt, true)] // in the background, dash would wait for SIGCHLD
    [InlineData("supervisor", 0, false)]
    public void Diagnose_ShellWithATrap_WaitsForTheCommandInTheForegroundWhateverComes(string shell, ulong ignoredByChild, bool proven)
    {
        var scene = new Scene();
        scene.Process(10, shell).WriteEnd(7000, 4).WaitsFor(-1).Caught = Interrupt | Terminate | Child;
        scene[10].With = record => record with { Exe = $"/usr/bin/{shell}" };
        scene.Process(11, "cat", parent: 10).ReadEnd(7000, 0).Reads(0).Ignored = ignoredByChild;

        Assert.Equal(proven ? Confidence.Proven : Confidence.Suspected, Assert.Single(scene.Diagnose().Findings).Confidence);
    }

    [Theory]
    [InlineData("make", User1 | Terminate | Child, true)]
    [InlineData("make", User1 | Terminate | Child | 1UL << 11, false)] // a handler that make does not have
    [InlineData("supervisor", User1 | Terminate | Child, false)]
    public void Diagnose_MakeWhoseRecipesWaitForEachOther_IsProven(string program, ulong caught, bool told)
    {
        var scene = new Scene();
        scene.Process(10, program).ReadEnd(7000, 3).WriteEnd(7001, 4).WaitsFor(-1).Caught = caught;
        scene[10].With = record => record with { Exe = $"/usr/bin/{program}" };
        scene.Process(11, "one", parent: 10).ReadEnd(7000, 3).WriteEnd(7001, 4).Reads(3);
        scene.Process(12, "two", parent: 10).ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);

        Assert.Equal(told ? [Confidence.Proven] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(finding => finding.Confidence));
    }

    [Theory]
    [InlineData("/usr/bin/node", true)]
    [InlineData("/usr/bin/server", false)]
    public void Diagnose_LoopThatStandsAtAFutex_HandlesNoSignal(string exe, bool told)
    {
        var scene = new Scene();
        scene.Process(10, "node").WaitsOnFutex().Caught = Interrupt | Terminate;
        scene[10].With = record => record with { Exe = exe };

        Assert.Equal(told ? ["lost-wakeup"] : [], scene.Diagnose().Findings.Select(finding => finding.Rule));
    }

    [Theory]
    [InlineData("/usr/bin/node", true)]
    [InlineData("/usr/bin/server", false)]
    public void Diagnose_LoopThatReadsItsOwnPipe_HandlesNoSignal(string exe, bool told)
    {
        var scene = new Scene();
        scene.Process(10, "node").ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3).WaitsOnFutex().Caught = Interrupt | Terminate;
        scene[10].With = record => record with { Exe = exe };

        Assert.Equal(told ? [("eof-held-by-self", Confidence.Proven)] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(finding => (finding.Rule, finding.Confidence)));
    }

    private const string Loop = "the loop polls what its own threads write to";

    [Theory]
    [InlineData("/usr/bin/node", Terminate, Loop, true)]
    [InlineData("/usr/bin/node", Terminate | 1UL << 0, Loop, false)] // a handler of SIGHUP that its runtime does not have
    [InlineData("/usr/bin/server", Terminate, Loop, false)]
    [InlineData("/usr/bin/node", Terminate, "and its stdin", false)]
    public void Diagnose_LoopOfWhichAThreadOpensAFifo_IsSuspectedWhereItWaitsForNothingElse(string exe, ulong caught, string polls, bool told)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "node").EventFd(5, 3).ReadEnd(7000, 4).WriteEnd(7000, 6).ReadEnd(7001, 0);
        EpollMember[] own = [new(3, In, 57, 15), new(4, In, 7000, 12)];
        actor.WaitsInEpoll(7, polls == Loop ? own : [.. own, new EpollMember(0, In, 7001, 12)]).Thread(11, 257, "wait_for_partner", 0xffffff9c, 0x1000, 0, 0).Caught = caught;
        actor.With = record => record with { Exe = exe };
        actor.Pgrp = 60;
        scene.Process(12, "feeder").WriteEnd(7001, 1).Sleeps();

        Assert.Equal(told ? [("fifo-no-peer", Confidence.Suspected)] : [], scene.Diagnose().Findings.Where(finding => finding.Rule == "fifo-no-peer").Select(finding => (finding.Rule, finding.Confidence)));
    }

    private const uint In = 1;

    private const ulong Allotted = 0xc000042948, OfTheProgram = 0x5dd1c0, OfTheMaker = 0x5dd078;

    [Theory]
    [InlineData(new ulong[] { Allotted }, Confidence.Proven)]
    [InlineData(new ulong[] { Allotted, OfTheMaker }, Confidence.Suspected)] // it makes threads, or waits for signals
    [InlineData(new ulong[] { Allotted, OfTheMaker, OfTheProgram }, null)] // one of the two waits for signals
    public void Diagnose_GoThatWaitsAtBothEndsOfASocket_IsToldUnlessItAsksForSignals(ulong[] words, Confidence? confidence)
    {
        Scene scene = new Scene().Pair(500, 501);
        Actor go = scene.Process(10, "go").Socket(4, 500).Socket(5, 501).WaitsInEpoll(3, new EpollMember(4, In, 500, 8), new EpollMember(5, In, 501, 8));
        foreach (ulong word in words)
            go.Thread(go.NextTid, 202, "futex_do_wait", word, 0x80, 0, 0);
        go.Caught = Interrupt | Terminate;

        Finding[] findings = [.. scene.Diagnose().Findings];

        Assert.Equal(confidence is null ? [] : [("socket-mutual-read", confidence.Value)], findings.Select(finding => (finding.Rule, finding.Confidence)));
    }

    [Theory]
    [InlineData(new ulong[] { 3, 0x1000, 128, ulong.MaxValue, 0, 0 }, true)]
    [InlineData(new ulong[] { 3, 0x1000, 128, ulong.MaxValue, 0, 8 }, false)] // as libc calls it
    [InlineData(new ulong[] { 3, 0x1000, 64, ulong.MaxValue, 0, 0 }, false)]
    public void Diagnose_GoWhoseMainThreadIdlesWhileTheOnlyOtherPolls_IsKnownByItsPoll(ulong[] call, bool known)
    {
        Scene scene = new Scene().Pair(500, 501);
        Actor go = scene.Process(10, "go").Socket(4, 500).Socket(5, 501)
            .Has(3, "anon_inode:[eventpoll]", FdAccess.ReadWrite).Fd(3, fd => fd with { EpollMembers = [new EpollMember(4, In, 500, 8), new EpollMember(5, In, 501, 8)] });
        go.Thread(10, 202, "futex_do_wait", OfTheProgram, 0x80, 0, 0).Thread(11, 281, "do_epoll_wait", call).Thread(12, 202, "futex_do_wait", OfTheMaker, 0x80, 0, 0);
        go.Thread(13, 202, "futex_do_wait", 0x5df0f8, 0x80, 0, 0x7f4927dedd38).Caught = Interrupt | Terminate;

        Assert.Equal(known ? [("socket-mutual-read", Confidence.Suspected)] : [], scene.Diagnose().Findings.Select(finding => (finding.Rule, finding.Confidence)));
    }
}
