using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>An fd that leads to another file than the one that a blocked call on it waits for. Only the counts of the kernel tell.</summary>
public sealed class ReusedFdTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ebpf")]
    [InlineData("taskstats")]
    [InlineData("proc")]
    public async Task Scan_FdReplacedUnderACall_IsNeverProven(string backend)
    {
        if (!await Agent.WorksAsync(backend, Cancellation))
            Assert.Skip($"back end {backend} does not work here");
        await using Keeper keeper = await Keeper.StartAsync(
            new Specimen("reused-fd", Program("reused-fd")) { Environment = new Dictionary<string, string> { ["ZOO_FORM"] = "healthy" } }, Cancellation);

        ImmutableArray<Finding> findings = (await Agent.ScanAsync(keeper.Pid, Cancellation, backend)).Findings;

        Assert.DoesNotContain(findings, finding => finding.Confidence == Confidence.Proven);
        if (backend == "ebpf")
            Assert.Empty(findings.Select(finding => finding.Summary));
    }
}
