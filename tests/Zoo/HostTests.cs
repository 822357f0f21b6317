using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>Nothing else may stand on the machine meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeMachine
{
    public const string Name = "the whole machine";
}

/// <summary>One scan of the whole machine, this test process and its helpers included.</summary>
[Collection(WholeMachine.Name)]
public sealed class HostTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scan_OfHost_SaysNothingOfTheTestsThemselves()
    {
        ScanReport report = await Agent.ScanAsync(Environment.ProcessId, Cancellation);

        Assert.Empty(report.Findings.Select(finding => finding.Summary));
    }
}
