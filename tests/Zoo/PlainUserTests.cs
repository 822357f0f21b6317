using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>
/// Guard without rights, on a host with processes whose fd tables it cannot read: what was made below it those do not hold, so a deadlock is proven all the same. A run takes a
/// third of the zoo, <c>GUARD_ZOO=all</c> the whole.
/// </summary>
public sealed class PlainUserTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Others than those that <see cref="GuardTests"/> takes.</summary>
    public static TheoryData<string> Provable => [.. GuardTests.Proven.Where((_, place) => Guard.WholeZoo || place % 3 == 1).Select(specimen => specimen.Name)];

    [Theory]
    [MemberData(nameof(Provable))]
    public async Task Guard_OfProvableHangAsAPlainUser_ProvesItAndNamesTheCulprit(string name)
    {
        Specimen specimen = ZooTable.ByName(name);
        ZooTests.SkipUnlessInstalled(specimen);
        string[]? guard = Guard.AsPlainUserWith(GuardTests.GraceOf(specimen));
        Assert.SkipWhen(guard is null, "nobody here can become a plain user who may read this repository");
        await using Keeper keeper = await Keeper.StartAsync(specimen, Cancellation, guard);

        End end = await keeper.EndAsync(Cancellation);

        Guard.Figure("told to a plain user", name, end.FirstWordAfter);
        Assert.Equal((Guard.DeadlockExit, end.Said), (end.Exit, end.Said));
        GuardTests.AssertTold(specimen.Expected!, end.Said, role => keeper[role]);
        if (specimen.Expected!.AtLeast == Confidence.Proven)
            Assert.Contains("  proven: ", end.Said, StringComparison.Ordinal);
        Assert.DoesNotContain(keeper.Pids, GuardTests.IsAlive);
    }
}
