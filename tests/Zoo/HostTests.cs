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

            // What only just began to work by itself is believed after some seconds. With hundreds of programs beside each other there is always one that had to wait
            // for a CPU and has just run: each hang is to be told by one of the scans, as it is and once, and the healthy by none of those at the end.
            HashSet<Specimen> told = [];
            ImmutableArray<Finding> findings = await Agent.ScanUntilAsync(
                null,
                found =>
                {
                    HashSet<Specimen> wrong = [.. Wrong(keepers, found).Select(one => one.Specimen)];
                    told.UnionWith(specimens.Where(specimen => specimen.Expected is not null && !wrong.Contains(specimen)));
                    return wrong.All(told.Contains);
                },
                Cancellation,
                patience: TimeSpan.FromMinutes(2));

            (Specimen Specimen, string Told)[] missed = [.. Wrong(keepers, findings).Where(one => !told.Contains(one.Specimen))];
            foreach (int pid in missed.SelectMany(one => keepers[one.Specimen].Pids))
                TestContext.Current.SendDiagnosticMessage(await Agent.ExplainAsync(pid));
            Assert.Empty(missed.Select(one => $"{one.Specimen}: {one.Told}, not {one.Specimen.Expected?.Rule}"));
        }
        finally
        {
            foreach (Keeper keeper in keepers.Values)
                await keeper.DisposeAsync();
        }
    }

    private static IEnumerable<(Specimen Specimen, string Told)> Wrong(Dictionary<Specimen, Keeper> keepers, ImmutableArray<Finding> findings) =>
        from pair in keepers
        let told = string.Join(", ", findings.Where(finding => IsOf(finding, [.. pair.Value.Pids])).Select(finding => finding.Rule))
        where told != (pair.Key.Expected?.Rule ?? "")
        select (pair.Key, told);

    /// <summary>Not all of a specimen announce themselves: their children do not.</summary>
    private static bool IsOf(Finding finding, HashSet<int> announced) =>
        finding.Pids.Any(announced.Contains) || finding.Participants.Any(participant => finding.Pids.Contains(participant.Pid) && announced.Contains(participant.Ppid));
}
