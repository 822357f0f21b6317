using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Sets: one clause, the union of their members' wakers.</summary>
public sealed class SetTests
{
    private const uint In = 0x19, OneShot = 1u << 30;
    private const ulong Terminate = 1UL << 14;

    [Fact]
    public void Diagnose_EpollOnPipesOfEachOther_IsStuck() => Assert.Single(WithMember(_ => { }, null).Diagnose().Findings);

    [Fact]
    public void Diagnose_ArmedTimerInTheSet_EndsIt() => Assert.Empty(WithTimer(armed: true).Diagnose().Findings);

    [Fact]
    public void Diagnose_TimerThatIsNotArmed_EndsNothing() => Assert.Single(WithTimer(armed: false).Diagnose().Findings);

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // by read(2)
    public void Diagnose_TimerThatIsNotSetIsAllThatItWaitsFor_SaysSo(bool reads)
    {
        var scene = new Scene();
        Actor alone = scene.Process(10, "alone").Has(9, "anon_inode:[timerfd]", FdAccess.ReadWrite).Fd(9, fd => fd with { TimerArmed = false });
        _ = reads ? alone.Thread(10, 0, "do_wait_intr_irq", 9, 0x1000, 8) : alone.Polls(9);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("stuck-set", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal($"alone (10) {(reads ? "reads" : "polls")} the timer at fd 9, which is not set.", finding.Explanation[0]);
        Assert.Equal("It ends when alone (10) sets the timer at fd 9 (timerfd_settime(2)), or exits.", finding.Culprit!.Remedy);
    }

    [Fact]
    public void Diagnose_TimerNotKnownToBeArmed_MayEndIt() => Assert.Empty(WithTimer(armed: null).Diagnose().Findings);

    [Fact]
    public void Diagnose_MemberThatHasFiredOnce_NeverFiresAgain() =>
        Assert.Single(WithMember(left => left.Has(9, "anon_inode:[signalfd]", FdAccess.ReadWrite), new EpollMember(9, OneShot, 57, 15)).Diagnose().Findings);

    [Theory]
    [InlineData(OneShot, 0UL, "stuck-set")]
    [InlineData(OneShot, Terminate, null)] // its handler may arm it
    [InlineData(OneShot | In, 0UL, null)] // a word of its child comes there
    [InlineData(null, 0UL, null)] // a set of nothing, as who waits for a signal has it
    public void Diagnose_SetOfWhichNothingIsArmed_WaitsForWhoArmsIt(uint? events, ulong caught, string? rule)
    {
        Scene scene = OneMember(events);
        scene[10].Caught = caught;

        Finding? finding = scene.Diagnose().Findings.SingleOrDefault();

        Assert.Equal(rule, finding?.Rule);
        if (finding is null)
            return;
        Assert.Equal((Confidence.Proven, 10), (finding.Confidence, finding.Culprit!.Pid));
        Assert.Contains("EPOLLONESHOT", finding.Explanation[1], StringComparison.Ordinal);
        Assert.Contains("arms fd 3 again", finding.Culprit.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Diagnose_SetOfWhichNothingIsArmed_IsArmedByAThreadThatRuns()
    {
        Scene scene = OneMember(OneShot);
        scene[10].Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void Diagnose_SetOfWhichNothingIsArmed_IsArmedByWhoHasItToo(bool same, int findings)
    {
        Scene scene = OneMember(OneShot);
        scene[10].Fd(8, fd => fd with { Description = 5 });
        scene.Process(12, "worker", parent: 10).Has(8, "anon_inode:[eventpoll]", FdAccess.ReadWrite).Fd(8, fd => fd with { Description = same ? 5UL : 6UL }).Sleeps();

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Fact]
    public void Diagnose_SignalsInTheSet_ComeFromOutside() =>
        Assert.Empty(WithMember(left => left.Has(9, "anon_inode:[signalfd]", FdAccess.ReadWrite), new EpollMember(9, In, 57, 15)).Diagnose().Findings);

    [Theory]
    [InlineData(false, "eof-held-by-self")]
    [InlineData(true, null)] // another thread is meant to write
    public void Diagnose_PollOfAPipeThatOnlyItselfHas_IsAWaitForItsEnd(bool worker, string? rule)
    {
        Scene scene = new();
        scene.Process(10, "a").WaitsFor(11);
        Actor child = scene.Process(11, "b", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).Polls(3);
        if (worker)
            child.Sleeps();

        Assert.Equal(rule, scene.Diagnose().Findings.SingleOrDefault()?.Rule);
    }

    [Theory]
    [InlineData(false, "eof-held-by-self")]
    [InlineData(true, "child-never-exits")]
    public void Diagnose_PollOfTwoPipesThatOnlyItselfHas_IsAWaitForTheirEndsUnlessOneIsABell(bool rings, string rule)
    {
        Scene scene = new();
        scene.Process(10, "a").WaitsFor(11);
        scene.Process(11, "b", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).ReadEnd(7001, 5).WriteEnd(7001, 6).Polls(3, 5)
            .Fd(4, fd => fd with { NonBlocking = false }).Fd(6, fd => fd with { NonBlocking = rings });

        Assert.Equal(rule, Assert.Single(scene.Diagnose().Findings).Rule);
    }

    [Theory]
    [InlineData("/", " (deleted)", 1)]
    [InlineData("/tmp/", " (deleted)", 1)]
    [InlineData("/", "", 0)]
    [InlineData("/proc/77/", " (deleted)", 0)]
    public void Diagnose_PollOfWhatHasLostItsName_IsThatOfAQueueOrFifo(string folder, string suffix, int findings)
    {
        Scene scene = new();
        scene.Process(10, "a").Has(3, $"{folder}there{suffix}", FdAccess.ReadWrite).Has(4, $"{folder}back{suffix}", FdAccess.ReadWrite).Polls(3);
        scene.Process(11, "b").Has(3, $"{folder}back{suffix}", FdAccess.ReadWrite).Has(4, $"{folder}there{suffix}", FdAccess.ReadWrite).Polls(3);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void Diagnose_PidFdInTheSet_IsThatProcess(bool runs, int findings)
    {
        Scene scene = WithMember(left => left.Has(9, "anon_inode:[pidfd]", FdAccess.ReadWrite).Fd(9, fd => fd with { Target = fd.Target with { Id = 12 } }), new EpollMember(9, In, 57, 15));
        Actor third = scene.Process(12, "third").ReadEnd(7001, 3);
        _ = runs ? third.Sleeps() : third.Reads(3);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData("anon_inode:[eventpoll]", true, 1)]
    [InlineData("anon_inode:[eventpoll]", false, 0)]
    public void Diagnose_SetWithinTheSet_IsItsMembers(string target, bool read, int findings)
    {
        Scene scene = WithMember(
            left => left.Has(9, target, FdAccess.ReadWrite).Fd(9, fd => fd with { EpollMembers = read ? [new EpollMember(3, In, 7000, 12)] : null }),
            new EpollMember(9, In, 57, 15));

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Diagnose_PollOfAnEpollWithinAnEpoll_IsItsMembers(bool read, int findings)
    {
        Scene scene = new();
        scene.Process(10, "left").ReadEnd(7000, 3).WriteEnd(7001, 4).Polls(8)
            .Has(8, "anon_inode:[eventpoll]", FdAccess.ReadWrite).Fd(8, fd => fd with { EpollMembers = [new EpollMember(9, In, 57, 15)] })
            .Has(9, "anon_inode:[eventpoll]", FdAccess.ReadWrite).Fd(9, fd => fd with { EpollMembers = read ? [new EpollMember(3, In, 7000, 12)] : null });
        scene.Process(11, "right").ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(5UL, 5UL, null, null)]
    [InlineData(5UL, 6UL, null, Confidence.Proven)]
    [InlineData(5UL, null, null, Confidence.Likely)]
    [InlineData(5UL, null, 1U, Confidence.Proven)]
    [InlineData(5UL, null, 2U, Confidence.Likely)]
    public void Diagnose_HolderOfTheSameEpollRuns_CanPutAnotherMemberIn(ulong own, ulong? other, uint? references, Confidence? expected)
    {
        Scene scene = WithMember(left => left.Fd(8, fd => fd with { Description = own, References = references }), null);
        if (references is not null)
            scene[10].With = record => record with { SharesFilesWith = [] };
        scene.Process(12, "worker", parent: 10).Has(8, "anon_inode:[eventpoll]", FdAccess.ReadWrite).Fd(8, fd => fd with { Description = other }).Sleeps();

        Assert.Equal(expected, scene.Diagnose().Findings.SingleOrDefault()?.Confidence);
    }

    [Fact]
    public void Diagnose_NumberInTheSetWasUsedAgain_IsNotThatFd()
    {
        // The member is a file whose number now names another: what fires is not known.
        Scene scene = WithMember(
            left => left.Has(9, "anon_inode:[timerfd]", FdAccess.ReadWrite).Fd(9, fd => fd with { TimerArmed = false, Inode = 58 }), new EpollMember(9, In, 57, 15));

        Assert.Empty(scene.Diagnose().Findings);
    }

    private static Scene WithTimer(bool? armed) => WithMember(
        left => left.Has(9, "anon_inode:[timerfd]", FdAccess.ReadWrite).Fd(9, fd => fd with { TimerArmed = armed }), new EpollMember(9, In, 57, 15));

    /// <summary>A parent in an epoll with one member, a pipe from its child, which waits for its answer; null: with none.</summary>
    private static Scene OneMember(uint? events)
    {
        var scene = new Scene();
        scene.Process(10, "parent").ReadEnd(7000, 3).WriteEnd(7001, 4).WaitsInEpoll(8, events is { } wanted ? [new EpollMember(3, wanted, 7000, 12)] : []);
        Actor child = scene.Process(11, "child", parent: 10).ReadEnd(7001, 3).WriteEnd(7000, 4);
        _ = events == (OneShot | In) ? child.Sleeps() : child.Reads(3);
        return scene;
    }

    /// <summary>Two that read each other's pipe, one of them in an epoll with one member more.</summary>
    private static Scene WithMember(Action<Actor> prepare, EpollMember? more)
    {
        var scene = new Scene();
        EpollMember pipe = new(3, In, 7000, 12);
        Actor left = scene.Process(10, "left").ReadEnd(7000, 3).WriteEnd(7001, 4).WaitsInEpoll(8, more is { } member ? [pipe, member] : [pipe]);
        prepare(left);
        scene.Process(11, "right").ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);
        return scene;
    }

    [Fact]
    public void Diagnose_LoopThatItsOwnThreadsWake_IsToldOfThatInFewWords()
    {
        var scene = new Scene();
        scene.Process(10, "loop").ReadEnd(7000, 3).WriteEnd(7001, 4).ReadEnd(7002, 20).WriteEnd(7002, 21).Polls(3, 20).WaitsOnFutex();
        scene.Process(11, "child", parent: 10).ReadEnd(7001, 0).WriteEnd(7000, 1).Reads(0);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.StartsWith(
            "loop (10) waits for any of 2 fds: pipe 7000 (fd 3), and for what its own threads send it (fd 20). The write end of pipe 7000 is open at fd 1 of child (11). Its other thread",
            finding.Explanation[0], StringComparison.Ordinal);
    }
}
