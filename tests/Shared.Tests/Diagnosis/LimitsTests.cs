using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Who above a hang may end it.</summary>
public sealed class LimitsTests
{
    private const ulong Alarm = 1UL << 13;

    private static (Scene Scene, Actor Above) UnderSomebody()
    {
        Scene scene = Scenes.CrossReaders();
        Actor above = scene.Process(5, "above");
        // Its children: the same two, anew.
        scene.Process(10, "left", parent: 5).ReadEnd(7000, 3).WriteEnd(7001, 4).Reads(3);
        scene.Process(11, "right", parent: 5).ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);
        return (scene, above);
    }

    [Theory]
    [InlineData(true, Alarm, true)]
    [InlineData(false, Alarm, false)]
    [InlineData(null, Alarm, false)]
    [InlineData(true, 0UL, false)]
    public void Diagnose_AncestorWithATimerWhoseSignalItCatches_MayEndIt(bool? timer, ulong caught, bool limited)
    {
        (Scene scene, Actor above) = UnderSomebody();
        above.WaitsForSignal();
        (above.Timers, above.Caught) = (timer, caught);

        string? by = Assert.Single(scene.Diagnose().Findings).BoundedBy;

        Assert.Equal(limited ? "above (5) above it waits with a timer: it may kill it." : null, by);
        Assert.Equal(caught != 0, Diagnoser.Suspects(scene.Look(), new LookMemory()).Contains(5));
    }

    [Fact]
    public void Diagnose_TimerOfAnAncestorOfTheLooker_EndsTheLookerToo()
    {
        (Scene scene, Actor above) = UnderSomebody();
        above.WaitsForSignal();
        (above.Timers, above.Caught) = (true, Alarm);
        scene.Process(8, "looker", parent: 5).Sleeps();
        scene.Process(10, "left", parent: 8).ReadEnd(7000, 3).WriteEnd(7001, 4).Reads(3);
        scene.Process(11, "right", parent: 8).ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);
        Snapshot first = scene.Look(1000) with { ObserverPid = 8 }, last = scene.Look(1001) with { ObserverPid = 8 };

        Assert.Null(Assert.Single(Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), new DiagnosisOptions()).Findings).BoundedBy);
    }

    [Theory]
    [InlineData(30_000, true)]
    [InlineData(100, false)]
    public void Diagnose_AncestorPollsItsOutputWithATimeout_MayEndItUnlessItOnlyLooksNowAndThen(int milliseconds, bool limited)
    {
        (Scene scene, Actor above) = UnderSomebody();
        above.ReadEnd(7005, 6).Thread(5, 7, "poll_schedule_timeout.constprop.0", new CallMemory { PollSet = [new PollMember(6, 1)] }, [0x3000, 1, (ulong)milliseconds]);
        scene[10].WriteEnd(7005, 1);

        Assert.Equal(limited, Assert.Single(scene.Diagnose().Findings).BoundedBy is not null);
    }

    [Theory]
    [InlineData(true, "above (5), the init of its pid namespace, sleeps for a time: all there are killed when that ends.")]
    [InlineData(false, null)]
    public void Diagnose_InitOfTheirNamespaceSleeps_TheyEndWithIt(bool init, string? bound)
    {
        (Scene scene, Actor above) = UnderSomebody();
        above.Sleeps();
        above.NsPid = init ? 1 : 5;

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        // It is no time limit that a guard would wait for.
        Assert.Equal((bound, false), (finding.BoundedBy, finding.HasTimeLimit));
    }

    [Theory]
    [InlineData(0x8803, "above (5), which has the other side of its terminal, sleeps for a time: the terminal hangs up (SIGHUP) when that ends.")]
    [InlineData(0, null)]
    public void Diagnose_WhoHasTheirTerminalSleeps_ItHangsUpThen(int terminal, string? bound)
    {
        (Scene scene, Actor above) = UnderSomebody();
        above.Has(7, "/dev/ptmx", FdAccess.ReadWrite).Sleeps();
        scene[10].With = record => record with { TtyNr = terminal };

        Assert.Equal(bound, Assert.Single(scene.Diagnose().Findings).BoundedBy);
    }

    [Fact]
    public void Diagnose_NobodyAboveWithALimit_IsBoundedByNobody()
    {
        (Scene scene, Actor above) = UnderSomebody();
        above.Sleeps();

        Assert.Null(Assert.Single(scene.Diagnose().Findings).BoundedBy);
    }
}
