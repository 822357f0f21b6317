using System.Text.RegularExpressions;

namespace OrphanBoard.Zoo;

/// <summary>Locks that show nowhere in /proc: guard asks the runtime that knows them.</summary>
public sealed class RuntimeLockTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("java", "the JVM", "\"second\"")]
    [InlineData("dotnet", "its .NET runtime", "waits to enter a lock in Program.")]
    public async Task Guard_OfMonitorsInTwoOrders_EndsWith86AsTheRuntimeSays(string runtime, string who, string where)
    {
        await using Keeper healthy = await StartAsync(runtime, "healthy");
        await using Keeper hang = await StartAsync(runtime, "hang");

        End end = await hang.EndAsync(Cancellation);

        Assert.Equal((Guard.DeadlockExit, end.Said), (end.Exit, end.Said));
        Assert.Contains("lock-order-cycle", end.Said, StringComparison.Ordinal);
        string said = Regex.Replace(end.Said, @"\s+", " "); // lines are broken at the width of the terminal
        Assert.Contains($"{who} itself says so", said, StringComparison.Ordinal);
        Assert.Contains(where, said, StringComparison.Ordinal);
        // The other one has stood for longer, and was asked as well.
        healthy.LetGo();
        End other = await healthy.EndAsync(Cancellation);
        Assert.Equal((0, ""), (other.Exit, other.Said));
    }

    private static Task<Keeper> StartAsync(string runtime, string form)
    {
        Specimen specimen = ZooTable.ByName($"{runtime}-has-monitors-in-order") with { Environment = new Dictionary<string, string> { ["ZOO_FORM"] = form } };
        ZooTests.SkipUnlessInstalled(specimen);
        return Keeper.StartAsync(specimen, Cancellation, Places.Agent(), "guard", "--grace", "2", "--min-wait", "0", "--");
    }
}
