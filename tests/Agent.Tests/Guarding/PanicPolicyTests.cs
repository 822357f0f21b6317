using System.Collections.Immutable;
using OrphanBoard.Agent.Guarding;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Guarding;

/// <summary>The tree: guard (10) has started the command (20), which has started 30; 40 has lost its parent and was adopted by guard.</summary>
public sealed class PanicPolicyTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30), MinimumWait = TimeSpan.FromSeconds(10);

    private static readonly Snapshot Look = new()
    {
        Host = new HostIdentity("h", "host", "boot", "6.18.0", "x86_64", 100, DateTimeOffset.UnixEpoch),
        TakenAt = DateTimeOffset.UnixEpoch,
        Uptime = TimeSpan.FromSeconds(1000),
        Duration = TimeSpan.Zero,
        ObserverPid = 10,
        Processes = [Process(1, 0), Process(10, 1), Process(20, 10), Process(30, 20), Process(40, 10)],
        Reads = default,
    };

    private readonly PanicPolicy _policy = new(20, Grace, MinimumWait);

    [Theory]
    [InlineData(20, true)]
    [InlineData(30, true)]
    [InlineData(40, false)]
    public void Judge_Proven_EndsTheCommandIfSomebodyOfItsOwnHangs(int pid, bool panics) =>
        Assert.Equal(panics, Judge(0, Hang(Confidence.Proven, pid)) is not null);

    [Fact]
    public void Judge_Likely_CountsAfterTheGrace()
    {
        Finding hang = Hang(Confidence.Likely, 30);

        Assert.Null(Judge(100, hang));
        Assert.Null(Judge(129, hang));
        Assert.Same(hang, Judge(130, hang));
    }

    [Fact]
    public void Judge_LikelyThatWasOverMeanwhile_BeginsAnew()
    {
        Finding hang = Hang(Confidence.Likely, 30);
        Judge(100, hang);
        Judge(120);

        Assert.Null(Judge(131, hang));
    }

    [Fact]
    public void Judge_Stall_HasLastedAlreadyWhenItIsFirstTold()
    {
        Finding stall = Hang(Confidence.Likely, 30) with { Class = FindingClass.Stall };

        Assert.Null(Judge(100, stall));
        Assert.Same(stall, Judge(120, stall));
    }

    [Theory]
    [InlineData(FindingClass.Hazard, Confidence.Proven)]
    [InlineData(FindingClass.Orphan, Confidence.Proven)]
    [InlineData(FindingClass.Stopped, Confidence.Proven)]
    [InlineData(FindingClass.Zombie, Confidence.Proven)]
    [InlineData(FindingClass.Stall, Confidence.Suspected)]
    [InlineData(FindingClass.Deadlock, Confidence.Suspected)]
    public void Judge_NoHangOrOnlySuspected_NeverCounts(FindingClass of, Confidence confidence)
    {
        Finding finding = Hang(confidence, 20) with { Class = of };

        Assert.Null(Judge(0, finding));
        Assert.Null(Judge(10_000, finding));
    }

    [Fact]
    public void Judge_SeveralHangs_TheOneThatNobodyWillEndComesFirst()
    {
        Finding bounded = Hang(Confidence.Proven, 20) with { Id = "bounded", BoundedBy = "timeout (15) above it waits with a timer.", HasTimeLimit = true }, free = Hang(Confidence.Proven, 30);

        Assert.Same(free, Judge(0, bounded, free));
        Assert.True(PanicPolicy.Ends(free));
        Assert.False(PanicPolicy.Ends(bounded));
    }

    [Fact]
    public void Judge_Told_HidesNoOther()
    {
        Finding told = Hang(Confidence.Proven, 20) with { Id = "told" }, other = Hang(Confidence.Proven, 30);

        Assert.Same(other, _policy.Judge([told, other], Look, new HashSet<string> { "told" }, TimeSpan.Zero));
        Assert.Null(_policy.Judge([told], Look, new HashSet<string> { "told" }, TimeSpan.Zero));
    }

    private Finding? Judge(int seconds, params ImmutableArray<Finding> findings) => _policy.Judge(findings, Look, new HashSet<string>(), TimeSpan.FromSeconds(seconds));

    private static Finding Hang(Confidence confidence, int pid) => Sample.Finding("a", pid) with { Confidence = confidence };

    private static ProcessRecord Process(int pid, int parent) => new()
    {
        Pid = pid,
        StartTimeTicks = (ulong)pid,
        Ppid = parent,
        Pgrp = pid,
        Session = 1,
        Comm = "p",
        State = 'S',
        Uid = 0,
        NsPid = pid,
        Threads = [],
        Fds = [],
        FdSight = Sight.Seen,
    };
}
