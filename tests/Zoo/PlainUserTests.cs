using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>
/// Guard without rights, on a host with processes whose fd tables it cannot read: what was made below it those do not hold, so a deadlock is proven all the same. A run takes a
/// third of the zoo, <c>GUARD_ZOO=all</c> the whole.
/// </summary>
public sealed class PlainUserTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Others than those that <see cref="GuardTests"/> takes, and the hang with which it all began.</summary>
    public static TheoryData<string> Provable => [.. GuardTests.Proven.Where((specimen, place) => Guard.WholeZoo || place % 3 == 1 || specimen.Name == "founding-eof").Select(specimen => specimen.Name)];

    /// <summary>What is waited for there has a name, or had one: anybody may have opened it.</summary>
    private static readonly HashSet<string> Named = ["talk-fifos", "talk-queues", "talk-polled", "talk-terminal", "terminal-full-wait", "terminal-full-kept", "terminal-full-poll", "terminal-full-both", "terminal-that-nobody-types-at", "terminal-of-one-whose-output-is-read", "prompt-that-nobody-answers",
        "fifos-that-all-have-open-for-both"];

    /// <summary>One of them has a handler, as sort(1) does, and that the kernel was not asked for its signal when the parent ends only eBPF shows.</summary>
    private static readonly HashSet<string> WithHandlers = ["shell-waits-for-a-signal", "jobs-of-make-want-another-token", "locks-handler", "python-leaks-its-filter-to-a-pool", "python-leaks-its-filter-to-an-executor"];

    [Theory]
    [MemberData(nameof(Provable))]
    public async Task Guard_OfProvableHangAsAPlainUser_ProvesItAndNamesTheCulprit(string name)
    {
        Specimen specimen = ZooTable.ByName(name);
        ZooTests.SkipUnlessInstalled(specimen);
        bool isLikely = Named.Contains(name) || WithHandlers.Contains(name);
        string[]? guard = Guard.AsPlainUserWith(isLikely ? ["--grace", "2"] : GuardTests.GraceOf(specimen));
        Assert.SkipWhen(guard is null, "nobody here can become a plain user who may read this repository");
        Assert.SkipUnless(specimen.Needs is not { } program || await Guard.RunsForAPlainUserAsync(program, Cancellation), $"{specimen.Needs} is not for a plain user here");
        await using Keeper keeper = await Keeper.StartAsync(specimen, Cancellation, guard);

        End end = await keeper.EndAsync(Cancellation);

        Guard.Figure("told to a plain user", name, end.FirstWordAfter);
        Assert.Equal((Guard.DeadlockExit, end.Said), (end.Exit, end.Said));
        GuardTests.AssertTold(specimen.Expected!, end.Said, role => keeper[role]);
        if (specimen.Expected!.AtLeast == Confidence.Proven)
            Assert.Contains(isLikely ? "  likely: " : "  proven: ", end.Said, StringComparison.Ordinal);
        Assert.DoesNotContain(keeper.Pids, GuardTests.IsAlive);
    }

    /// <summary>A shell makes a pipe and has cat read it to its end, which cat itself holds off: below guard, where nobody else can have it, or above.</summary>
    [Theory]
    [InlineData(true, "  proven: eof-held-by-self")]
    [InlineData(false, "  likely: eof-held-by-self")]
    public async Task Guard_OfAPipeAsAPlainUser_ProvesThatNobodyElseHasItIfItWasMadeBelow(bool below, string told)
    {
        string[]? guard = Guard.AsPlainUserWith("--grace", "2");
        Assert.SkipWhen(guard is null, "nobody here can become a plain user who may read this repository");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "whether processes of others are about is not known");
        string[] shell = ["bash", "-c", "exec 3<> <(:); exec \"$@\" <&3", "bash"];
        string folder = Directory.CreateTempSubdirectory("zoo-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        try
        {
            End end = await Guard.RunAsync(below ? [.. guard!, .. shell, "cat"] : [.. Guard.BecomePlainUser!, .. shell, .. Guard.With("--grace", "2"), "cat"], folder, Cancellation);

            Assert.Equal((Guard.DeadlockExit, end.Said), (end.Exit, end.Said));
            Assert.Contains(told, end.Said, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
