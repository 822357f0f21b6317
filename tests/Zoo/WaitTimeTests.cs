using System.Collections.Immutable;
using System.Diagnostics;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>How long something is said to have waited.</summary>
public sealed class WaitTimeTests
{
    /// <summary>Of one that has run once, just after the fork, the scheduler has not noted when: its wait must not count from boot.</summary>
    [Theory]
    [InlineData("cross-readers-read")]
    [InlineData("both-pipes-full")]
    [InlineData("shared-locks-workers")]
    public async Task Scan_OfProcessesThatWereJustForked_SaysNoLongerThanTheyLive(string name)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        long before = Stopwatch.GetTimestamp();
        await using Keeper keeper = await Keeper.StartAsync(ZooTable.ByName(name), cancellation);

        ImmutableArray<Finding> findings = await Agent.ScanUntilAsync(keeper.Pid, found => found.Any(finding => finding.Class == FindingClass.Deadlock), cancellation);

        // A finding tells tenths of a second, rounded.
        double lived = Math.Ceiling(Stopwatch.GetElapsedTime(before).TotalSeconds * 10) / 10;
        Assert.All(findings.SelectMany(finding => finding.Participants).SelectMany(participant => participant.Threads), thread => Assert.InRange(thread.WaitedSeconds ?? 0, 0, lived));
    }

    /// <summary>That it has the listener shows at the second look of a scan; the third one asks since when it sleeps, which is longer than all looks together take.</summary>
    [Fact]
    public async Task Scan_ServerInAnotherSessionThanItsClient_IsAskedSinceWhenItSleeps()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using Keeper keeper = await Keeper.StartAsync(ZooTable.ByName("unaccepted-apart"), cancellation);

        ImmutableArray<Finding> findings = await Agent.ScanUntilAsync(keeper.Pid, found => found.Length > 0, cancellation, minimumWait: "2s");

        Assert.Equal("not-accepted-yet", Assert.Single(findings).Rule);
    }
}
