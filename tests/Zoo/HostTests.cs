using System.Collections.Immutable;
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

            // What only just began to work by itself is believed after some seconds.
            ImmutableArray<Finding> findings = await Agent.ScanUntilAsync(null, found => !Tell(Wrong(keepers, found)).Any(), Cancellation);

            foreach (Keeper keeper in Wrong(keepers, findings).Where(one => one.Told.Length == 0).Select(one => one.Keeper))
            {
                foreach (int pid in keeper.Pids)
                    TestContext.Current.SendDiagnosticMessage(await Agent.ExplainAsync(pid));
            }
            Assert.Empty(Wrong(keepers, findings).Select(one => $"{one.Name}: {one.Told}, not {one.Expected}"));
        }
        finally
        {
            foreach (Keeper keeper in keepers.Values)
                await keeper.DisposeAsync();
        }
    }

    private static IEnumerable<(string Name, Keeper Keeper, string Told, string Expected)> Tell(IEnumerable<(string Name, Keeper Keeper, string Told, string Expected)> wrong)
    {
        TestContext.Current.SendDiagnosticMessage(DateTime.Now + " " + string.Join(", ", wrong.Select(one => $"{one.Name} {one.Told}")));
        return wrong;
    }

    private static IEnumerable<(string Name, Keeper Keeper, string Told, string Expected)> Wrong(Dictionary<Specimen, Keeper> keepers, ImmutableArray<Finding> findings) =>
        from pair in keepers
        let told = string.Join(", ", findings.Where(finding => IsOf(finding, [.. pair.Value.Pids])).Select(finding => finding.Rule))
        let expected = pair.Key.Expected?.Rule ?? ""
        where told != expected
        select (pair.Key.Name, pair.Value, told, expected);

    /// <summary>Not all of a specimen announce themselves: their children do not.</summary>
    private static bool IsOf(Finding finding, HashSet<int> announced) =>
        finding.Pids.Any(announced.Contains) || finding.Participants.Any(participant => finding.Pids.Contains(participant.Pid) && announced.Contains(participant.Ppid));
}
