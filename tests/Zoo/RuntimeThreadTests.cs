using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>The service threads of real runtimes are told from those that the program itself waits in.</summary>
public sealed class RuntimeThreadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Housekeeping_OfDotnet_IsAllOfItsOwnThreadsButTheOneOfSockets()
    {
        // One that runs at the moment is told by what it does when it waits.
        ThreadInfo[] threads = [.. (await ThreadsOfAsync("dotnet-waits-for-events")).Where(thread => thread.Wait is not ("Running" or "Unknown"))];

        Assert.True(threads.Count(thread => thread.Housekeeping) >= 3);
        foreach (ThreadInfo thread in threads)
            Assert.Equal((thread.Comm, thread.Comm.StartsWith(".NET ", StringComparison.Ordinal) && thread.Comm != ".NET Sockets"), (thread.Comm, thread.Housekeeping));
    }

    [Fact]
    public async Task Housekeeping_OfJava_IsAllButTheProgramsThreadsAndTheReaper()
    {
        ThreadInfo[] threads = await ThreadsOfAsync("java-reads-what-is-held-twice");

        Assert.True(threads.Length > 10);
        foreach (ThreadInfo thread in threads)
            Assert.Equal((thread.Comm, thread.Comm.TrimEnd() is not ("java" or "process reaper")), (thread.Comm, thread.Housekeeping));
    }

    [Fact]
    public async Task Housekeeping_OfGo_IsWhatWaitsForWorkAndTheWatcher()
    {
        ThreadInfo[] threads = await ThreadsOfAsync("go-reads-what-is-held-twice");

        Assert.Single(threads, thread => thread is { Housekeeping: true, Bounded: Bounded.Yes });
        Assert.All(threads, thread => Assert.True(!thread.Housekeeping || thread.Wait == "Futex", thread.Wait));
    }

    private static async Task<ThreadInfo[]> ThreadsOfAsync(string name)
    {
        Specimen specimen = ZooTable.ByName(name);
        ZooTests.SkipUnlessInstalled(specimen);
        await using Keeper keeper = await Keeper.StartAsync(specimen, Cancellation);
        var findings = await Agent.ScanUntilAsync(keeper.Pid, found => found.Any(finding => finding.Rule == specimen.Expected!.Rule), Cancellation);
        return [.. Assert.Single(findings).Participants.Single(participant => participant.Pid == keeper["runner"]).Threads];
    }
}
