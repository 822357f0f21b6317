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

    [Fact]
    public async Task Scan_OfHostWithWholeZoo_TellsEachHangOnce()
    {
        Specimen[] specimens = [.. ZooTable.Hangs.Concat(ZooTable.Healthy).Where(specimen => specimen.Needs is null || Places.IsInstalled(specimen.Needs))];
        Dictionary<Specimen, Keeper> keepers = [];
        try
        {
            foreach (Specimen specimen in specimens)
                keepers.Add(specimen, await Keeper.StartAsync(specimen, Cancellation));

            ScanReport report = await Agent.ScanAsync(null, Cancellation);

            Dictionary<string, string[]> rules = keepers.ToDictionary(
                pair => pair.Key.Name,
                pair => report.Findings.Where(finding => finding.Pids.Intersect(pair.Value.Pids).Any()).Select(finding => finding.Rule).ToArray());
            Assert.Equal(specimens.ToDictionary(specimen => specimen.Name, specimen => specimen.Expected is { } expected ? [expected.Rule] : Array.Empty<string>()), rules);
        }
        finally
        {
            foreach (Keeper keeper in keepers.Values)
                await keeper.DisposeAsync();
        }
    }
}
