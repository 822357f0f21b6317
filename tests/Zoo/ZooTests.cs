using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>The table, row by row: the real agent is asked about a real specimen.</summary>
public sealed class ZooTests
{
    public static TheoryData<string> Told => [.. ZooTable.Hangs.Concat(ZooTable.Leftovers).Select(specimen => specimen.Name)];
    public static TheoryData<string> Retries => [.. ZooTable.Hangs.Where(specimen => specimen.Expected!.Rule == "retry-without-progress").Select(specimen => specimen.Name)];
    public static TheoryData<string> Silent => [.. ZooTable.Healthy.Select(specimen => specimen.Name)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Told))]
    public async Task Scan_OfSpecimen_TellsItsFindingAndNothingElse(string name)
    {
        Specimen specimen = ZooTable.ByName(name);
        SkipUnlessInstalled(specimen);
        Expected expected = specimen.Expected!;
        await using Keeper keeper = await Keeper.StartAsync(specimen, Cancellation);

        // Whoever waits for one that hangs announces itself a moment before it waits: the finding of the others may be there without it.
        ImmutableArray<Finding> findings = await Agent.ScanUntilAsync(
            keeper.Pid, found => found.Any(finding => finding.Rule == expected.Rule && expected.Pids.All(role => finding.Pids.Contains(keeper[role]))), Cancellation);

        Finding finding = Assert.Single(findings);
        Assert.Equal((expected.Class, expected.Rule), (finding.Class, finding.Rule));
        Assert.True(finding.Confidence >= expected.AtLeast && finding.Confidence <= expected.Confidence, $"{finding.Confidence}: {string.Join(' ', finding.NotProvenBecause)}");
        Assert.Equal([.. expected.Pids.Select(role => keeper[role]).Order()], finding.Pids.Except(Unannounced(finding)));
        Assert.Equal(expected.Unannounced, Unannounced(finding).Count());
        foreach (string role in expected.Pids.Concat(expected.Others))
            Assert.Contains(finding.Participants, participant => participant.Pid == keeper[role]);
        AssertCulprit(expected.Culprit, finding, keeper);
        Assert.NotEmpty(finding.Summary);
        Assert.NotEmpty(finding.Explanation);
        if (finding.Confidence != Confidence.Proven && finding.Class is FindingClass.Deadlock)
            Assert.NotEmpty(finding.NotProvenBecause);

        IEnumerable<int> Unannounced(Finding of) => of.Pids.Except(keeper.Pids);
    }

    [Theory]
    [MemberData(nameof(Retries))]
    public async Task Scan_OfRetriesForLessThanTheMinimumWait_LooksOnAndTellsThem(string name)
    {
        Specimen specimen = ZooTable.ByName(name);
        SkipUnlessInstalled(specimen);
        await using Keeper keeper = await Keeper.StartAsync(specimen, Cancellation);

        ImmutableArray<Finding> findings = await Agent.ScanUntilAsync(keeper.Pid, found => found.Length > 0, Cancellation, minimumWait: "2s");

        Assert.Equal(specimen.Expected!.Rule, Assert.Single(findings).Rule);
    }

    [Theory]
    [MemberData(nameof(Silent))]
    public async Task Scan_OfHealthyLookAlike_IsSilent(string name)
    {
        Specimen specimen = ZooTable.ByName(name);
        SkipUnlessInstalled(specimen);
        await using Keeper keeper = await Keeper.StartAsync(specimen, Cancellation);

        ScanReport first = await Agent.ScanAsync(keeper.Pid, Cancellation);
        ScanReport second = await Agent.ScanAsync(keeper.Pid, Cancellation);

        string[] told = [.. first.Findings.Concat(second.Findings).Select(finding => $"{finding.Confidence} {finding.Rule}: {finding.Summary} {string.Join(' ', finding.NotProvenBecause)} ({first.Cut?.Backend}, {second.Cut?.Backend})")];
        Assert.True(told.Length == 0, string.Join('\n', told));
    }

    [Fact]
    public async Task Runner_ServicesLetGoOfStdio_EndsByItself()
    {
        await using Keeper keeper = await Keeper.StartAsync(ZooTable.Founding("founding-mended", form: "mended"), Cancellation);
        await keeper.EndedAsync(Cancellation);
    }

    private static void AssertCulprit(Letting? expected, Finding finding, Keeper keeper)
    {
        if (expected is null)
            return;
        Assert.NotNull(finding.Culprit);
        Assert.Equal(keeper[expected.Role], finding.Culprit.Pid);
        if (expected.Fds.Length == 0)
            Assert.Null(finding.Culprit.Fd);
        else
            Assert.Contains(finding.Culprit.Fd ?? -1, expected.Fds);
        Assert.NotEmpty(finding.Culprit.Remedy);
        Assert.Equal(finding.Culprit, finding.Culprits[0]);
    }

    internal static void SkipUnlessInstalled(Specimen specimen)
    {
        if (specimen.Needs is { } program && !Places.IsInstalled(program))
            Assert.Skip($"{program} is not installed");
    }
}
