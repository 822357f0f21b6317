using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>
/// A reader that adopts what its own children leave behind, as the first process of a container does. To /proc the leftover looks like any child: only the kernel's numbers of programs
/// tell them apart.
/// </summary>
public sealed class AdoptingReaderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scan_OutputIsHeldByWhatTheReaderHasAdopted_IsHeldByAnOrphan()
    {
        await using Keeper keeper = await StartAsync("adopts");

        Finding finding = Assert.Single(await Agent.ScanUntilAsync(keeper.Pid, findings => findings.Any(finding => finding.Class == FindingClass.Stall), Cancellation, "ebpf"), finding => finding.Class != FindingClass.Hazard);

        Assert.Equal(("eof-held-by-orphan", Confidence.Likely, keeper["leftover"]), (finding.Rule, finding.Confidence, finding.Culprit!.Pid));
        Assert.Equal([keeper["runner"], keeper["leftover"]], finding.Pids);
    }

    [Fact]
    public async Task Scan_OutputIsHeldByAChildAtWork_IsHealthy()
    {
        await using Keeper keeper = await StartAsync("adopts-and-waits");

        Assert.Empty((await Agent.ScanAsync(keeper.Pid, Cancellation, "ebpf")).Findings.Select(finding => finding.Summary));
    }

    private static async Task<Keeper> StartAsync(string how)
    {
        if (!await Agent.WorksAsync("ebpf", Cancellation))
            Assert.Skip("back end ebpf does not work here");
        return await Keeper.StartAsync(new Specimen($"output-of-python-{how}", "python3", Script("leaked_output.py"), how, Program("zoo-exec")), Cancellation);
    }
}
