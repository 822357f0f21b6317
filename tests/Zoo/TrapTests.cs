using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>A shell that waits for its worker until a signal comes, on which it says goodbye, as daemons written in shell do. It cannot be told from one that hangs, but by its trap.</summary>
public sealed class TrapTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly Specimen Shell = new("shell-with-a-trap", Script("shell-with-a-trap.sh"));

    [Fact]
    public async Task Scan_ShellThatWaitsForASignal_IsSuspectedAtMost()
    {
        await using Keeper keeper = await Keeper.StartAsync(Shell, Cancellation);

        ImmutableArray<Finding> findings = (await Agent.ScanAsync(keeper.Pid, Cancellation)).Findings;

        Assert.All(findings.Where(finding => finding.Class == FindingClass.Deadlock), finding => Assert.Equal(Confidence.Suspected, finding.Confidence));
    }

    [Fact]
    public async Task Guard_ShellThatWaitsForASignal_RunsOnUntilItComes()
    {
        await using Keeper keeper = await Keeper.StartAsync(Shell, Cancellation, Guard.With("--grace", "0", "--min-wait", "0", "--timeout", "5"));

        End end = await keeper.EndAsync(Cancellation);

        Assert.Equal((88, end.Said), (end.Exit, end.Said)); // by the time limit, and not as a deadlock
    }
}
