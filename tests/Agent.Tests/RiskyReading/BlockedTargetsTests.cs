using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.RiskyReading;

public sealed class BlockedTargetsTests
{
    private static readonly BlockedTarget Target = new(new ProcessKey(7, 500), TargetLock.Memory);
    private readonly ManualTime _time = new();
    private readonly BlockedTargets _blocked;

    public BlockedTargetsTests() => _blocked = new BlockedTargets(_time, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));

    [Fact]
    public void IsWaiting_NeverBlocked_IsFalse() => Assert.False(_blocked.IsWaiting(Target, 1));

    [Fact]
    public void IsWaiting_StoodStill_IsTrueUntilTheBackOffIsOver()
    {
        _blocked.Add(Target, moved: 1);

        Assert.True(_blocked.IsWaiting(Target, 1));
        _time.Pass(9.9);
        Assert.True(_blocked.IsWaiting(Target, 1));
        _time.Pass(0.2);
        Assert.False(_blocked.IsWaiting(Target, 1));
    }

    [Fact]
    public void IsWaiting_HasRunSince_IsTrueForATenthOfTheBackOff()
    {
        _blocked.Add(Target, moved: 1);

        _time.Pass(0.9);
        Assert.True(_blocked.IsWaiting(Target, 2));
        _time.Pass(0.2);
        Assert.False(_blocked.IsWaiting(Target, 2));
        Assert.True(_blocked.IsWaiting(Target, 1));
    }

    [Fact]
    public void Add_AgainAndAgain_DoublesTheBackOffUpToItsLimit()
    {
        foreach (double wait in (double[])[10, 20, 40, 80, 160, 320, 600, 600])
        {
            _blocked.Add(Target, moved: 1);
            _time.Pass(wait - 0.1);
            Assert.True(_blocked.IsWaiting(Target, 1), $"{wait} s");
            _time.Pass(0.2);
            Assert.False(_blocked.IsWaiting(Target, 1), $"{wait} s");
        }
    }

    [Fact]
    public void Remove_AfterAnAnswer_LetsTheBackOffBeginAnew()
    {
        _blocked.Add(Target, 1);
        _blocked.Add(Target, 1);
        _blocked.Remove(Target);
        Assert.False(_blocked.ContainsAny(Target.Process));

        _blocked.Add(Target, 1);

        _time.Pass(10.1);
        Assert.False(_blocked.IsWaiting(Target, 1));
    }

    [Fact]
    public void IsWaiting_AnotherLockOrAnotherProcessOfThatPid_IsFalse()
    {
        _blocked.Add(Target, 1);

        Assert.False(_blocked.IsWaiting(Target with { Lock = TargetLock.Epoll }, 1));
        Assert.False(_blocked.IsWaiting(Target with { Process = new ProcessKey(7, 501) }, 1));
        Assert.True(_blocked.ContainsAny(Target.Process));
    }

    [Fact]
    public void Add_MuchLater_ForgetsWhomNobodyAskedForAnyMore()
    {
        _blocked.Add(Target, 1);
        _time.Pass(1300);

        _blocked.Add(Target with { Process = new ProcessKey(8, 1) }, 1);

        Assert.False(_blocked.ContainsAny(Target.Process));
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        internal void Pass(double seconds) => _now += (long)(seconds * TimeSpan.TicksPerSecond);
    }
}
