namespace OrphanBoard.Zoo;

/// <summary>Locks that show nowhere in /proc: guard asks the runtime that knows them.</summary>
public sealed class RuntimeLockTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Guard_OfMonitorsOfJavaInTwoOrders_EndsWith86AsTheJvmSays()
    {
        await using Keeper healthy = await StartAsync("healthy");
        await using Keeper hang = await StartAsync("hang");

        End end = await hang.EndAsync(Cancellation);

        Assert.Equal((Guard.DeadlockExit, end.Said), (end.Exit, end.Said));
        Assert.Contains("lock-order-cycle", end.Said, StringComparison.Ordinal);
        Assert.Contains("the JVM itself says so", end.Said, StringComparison.Ordinal);
        Assert.Contains("\"second\"", end.Said, StringComparison.Ordinal);
        // The other one has stood for longer, and was asked as well.
        healthy.LetGo();
        End other = await healthy.EndAsync(Cancellation);
        Assert.Equal((0, ""), (other.Exit, other.Said));
    }

    private static Task<Keeper> StartAsync(string form)
    {
        Specimen specimen = ZooTable.ByName("java-has-monitors-in-order") with { Environment = new Dictionary<string, string> { ["ZOO_FORM"] = form } };
        ZooTests.SkipUnlessInstalled(specimen);
        return Keeper.StartAsync(specimen, Cancellation, Places.Agent(), "guard", "--grace", "2", "--min-wait", "0", "--");
    }
}
