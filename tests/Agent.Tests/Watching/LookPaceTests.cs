using OrphanBoard.Agent.Watching;

namespace OrphanBoard.Agent.Tests.Watching;

public sealed class LookPaceTests
{
    private const double Budget = 0.05;
    private LookPace _pace = new(TimeSpan.FromSeconds(1), Budget);
    private TimeSpan _at, _cpu;

    [Fact]
    public void Observe_OverBudgetForTenSeconds_LooksHalfAsOften()
    {
        Run(TimeSpan.FromSeconds(9), 0.06);
        Assert.Equal(1, _pace.Interval.TotalSeconds);

        Run(TimeSpan.FromSeconds(1), 0.06);
        Assert.Equal(2, _pace.Interval.TotalSeconds);
        Assert.Equal(0.06, _pace.Fraction, 6);
    }

    [Fact]
    public void Observe_OverBudgetOn_StopsAtTenSeconds()
    {
        List<double> seen = [];
        for (int i = 0; i < 10; i++)
        {
            Run(TimeSpan.FromSeconds(10), 0.5);
            seen.Add(_pace.Interval.TotalSeconds);
        }

        Assert.Equal([2, 4, 8, 10, 10], seen[..5]);
        Assert.Equal(10, seen[^1]);
    }

    [Fact]
    public void Observe_BurstWithinAWindowThatIsCheapOnTheWhole_ChangesNothing()
    {
        Run(TimeSpan.FromSeconds(2), 0.2);
        Run(TimeSpan.FromSeconds(8), 0.001);

        Assert.Equal(1, _pace.Interval.TotalSeconds);
    }

    /// <summary>That of a helper that was killed shows again when it has been waited for.</summary>
    [Fact]
    public void Observe_LessCpuThanBefore_IsNoneUsed()
    {
        _pace.Observe(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        _pace.Observe(TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(3));
        Assert.Equal(0, _pace.Fraction);

        _pace.Observe(TimeSpan.FromSeconds(21), TimeSpan.FromSeconds(5.1));
        Assert.Equal(0.01, _pace.Fraction, 6);
    }

    [Fact]
    public void Observe_UnderHalfForAMinute_LooksTwiceAsOftenAgain()
    {
        Run(TimeSpan.FromSeconds(20), 0.5);
        Assert.Equal(4, _pace.Interval.TotalSeconds);

        Run(TimeSpan.FromSeconds(50), 0.01);
        Assert.Equal(4, _pace.Interval.TotalSeconds);
        Run(TimeSpan.FromSeconds(20), 0.01);
        Assert.Equal(2, _pace.Interval.TotalSeconds);
        Run(TimeSpan.FromSeconds(60), 0.01);
        Assert.Equal(1, _pace.Interval.TotalSeconds);
        Run(TimeSpan.FromSeconds(600), 0.01);
        Assert.Equal(1, _pace.Interval.TotalSeconds);
    }

    [Fact]
    public void Observe_OneBusyWindowWithinTheMinute_BeginsTheMinuteAnew()
    {
        Run(TimeSpan.FromSeconds(10), 0.06);
        Run(TimeSpan.FromSeconds(50), 0.01);
        Run(TimeSpan.FromSeconds(10), 0.04);
        Run(TimeSpan.FromSeconds(50), 0.01);
        Assert.Equal(2, _pace.Interval.TotalSeconds);

        Run(TimeSpan.FromSeconds(10), 0.01);
        Assert.Equal(1, _pace.Interval.TotalSeconds);
    }

    [Fact]
    public void Observe_BetweenHalfAndBudget_StaysSlow()
    {
        Run(TimeSpan.FromSeconds(10), 0.06);
        Run(TimeSpan.FromSeconds(600), 0.03);

        Assert.Equal(2, _pace.Interval.TotalSeconds);
    }

    [Fact]
    public void Observe_CostsAsMuchPerLookAsBefore_DoesNotSwing()
    {
        // A look of 60 ms: 6 % each second, 3 % every two.
        var changes = new List<TimeSpan>();
        for (int i = 0; i < 1000; i++)
        {
            _at += _pace.Interval;
            _cpu += TimeSpan.FromMilliseconds(60);
            if (_pace.Observe(_at, _cpu))
                changes.Add(_pace.Interval);
        }

        Assert.Equal([TimeSpan.FromSeconds(2)], changes);
    }

    [Fact]
    public void Observe_ConfiguredSlowerThanTheSlowest_KeepsWhatIsConfigured()
    {
        _pace = new LookPace(TimeSpan.FromSeconds(60), Budget);
        for (int i = 0; i < 10; i++)
        {
            _at += TimeSpan.FromSeconds(60);
            _cpu += TimeSpan.FromSeconds(30);
            Assert.False(_pace.Observe(_at, _cpu));
        }

        Assert.Equal(60, _pace.Interval.TotalSeconds);
    }

    [Fact]
    public void Observe_BeforeTheFirstWindowIsOver_TellsWhatThereIs()
    {
        Run(TimeSpan.FromSeconds(3), 0.02);

        Assert.Equal(0.02, _pace.Fraction, 6);
    }

    [Fact]
    public void Begin_LateByMoreThanAnInterval_CountsWhatWasMissed()
    {
        foreach (double second in new[] { 0, 1.02, 1.99, 3.01, 6.5 })
            _pace.Begin(TimeSpan.FromSeconds(second));

        Assert.Equal(5, _pace.Looks);
        Assert.Equal(2, _pace.Missed);
    }

    /// <summary>One look a second that costs the same each.</summary>
    private void Run(TimeSpan time, double fraction)
    {
        if (_at == TimeSpan.Zero)
            _pace.Observe(_at, _cpu);
        for (TimeSpan end = _at + time; _at < end;)
        {
            _at += TimeSpan.FromSeconds(1);
            _cpu += TimeSpan.FromSeconds(1) * fraction;
            _pace.Observe(_at, _cpu);
        }
    }
}
