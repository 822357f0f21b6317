using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>Threads that have an fd table to themselves (unshare(2), CLONE_FILES): nobody is to be counted as unseen for it.</summary>
public sealed class OtherTableTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ebpf")]
    [InlineData("taskstats")]
    [InlineData("proc")]
    public async Task Scan_HangBesideAThreadThatWorksWithATableOfItsOwn_IsProven(string backend)
    {
        if (!await Agent.WorksAsync(backend, Cancellation))
            Assert.Skip($"back end {backend} does not work here");
        await using Keeper working = await Keeper.StartAsync(ZooTable.ByName("end-in-a-table-of-a-thread-at-work"), Cancellation);
        await using Keeper keeper = await Keeper.StartAsync(ZooTable.ByName("end-in-a-table-of-a-thread"), Cancellation);

        ImmutableArray<Finding> findings = await Agent.ScanUntilAsync(keeper.Pid, found => found.Length > 0, Cancellation, backend);

        Finding finding = Assert.Single(findings);
        Assert.True(finding.Confidence == Confidence.Proven, string.Join(' ', finding.NotProvenBecause));
    }
}
