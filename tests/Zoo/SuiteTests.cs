using System.Globalization;

namespace OrphanBoard.Zoo;

/// <summary>
/// Real suites under guard, in four languages, each with a real bug and without: the test reads to the end a pipe that a worker, left behind by the service
/// that it tests, has open; the worker waits for its stdin to end, and the test lets go of that when it has read. <c>GUARD_RUNS</c>: how often each is run.
/// </summary>
public sealed class SuiteTests
{
    private static readonly int Runs = Environment.GetEnvironmentVariable("GUARD_RUNS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 1;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Right is: of Python and Rust a deadlock that is proven, for all their threads wait for each other. Node's and .NET's service threads wait for events
    /// and for work, so that nobody can say that none of them will let go: the same bug is likely there, a stall on what a child has left behind, and is told
    /// when it has lasted for the grace.
    /// </summary>
    private static readonly Suite[] Suites =
    [
        new("python", "python3", "python3", "-m", "unittest", "discover", "-s", Folder("python")),
        new("node", "node", "node", "--test", Folder("node")),
        new("rust", "rustc", Places.Program("rust-suite")),
        new("csharp", "dotnet", "dotnet", Places.Program("suite/OrphanBoard.Zoo.Suite.dll"), "-noLogo", "-noColor"),
    ];

    public static TheoryData<string, int> All => [.. Enumerable.Range(1, Runs).SelectMany(run => Suites.Select(suite => (suite.Name, run)))];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Guard_OfLeakySuite_EndsWith86(string name, int run)
    {
        End end = await RunAsync(name, "leaky");

        Guard.Figure("suite", $"{name}-{run}", end.FirstWordAfter);
        Assert.True(end.Exit == Guard.DeadlockExit, $"exit code {end.Exit}: {end.Said}{end.Output}");
        // The worker is to let go, and it is cat.
        Assert.Contains("cat (", end.Said, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Guard_OfMendedSuite_SaysNothing(string name, int run)
    {
        End end = await RunAsync(name, "clean");

        Assert.True(end is { Exit: 0, Said: "" }, $"run {run}, exit code {end.Exit}: {end.Said}{end.Output}");
    }

    private static async Task<End> RunAsync(string name, string form)
    {
        Suite suite = Suites.Single(suite => suite.Name == name);
        if (!Places.IsInstalled(suite.Needs))
            Assert.Skip($"{suite.Needs} is not installed");
        string folder = Directory.CreateTempSubdirectory("zoo-suite-").FullName;
        try
        {
            // What the suite itself says on stderr goes to stdout: stderr is guard's alone.
            return await Guard.RunAsync(
                ["--grace", "2", "--min-wait", "2"],
                ["env", $"SUITE={form}", $"SERVICE={Folder("service.sh")}", "PYTHONDONTWRITEBYTECODE=1", "sh", "-c", "exec \"$@\" 2>&1", "sh", .. suite.Command],
                folder,
                Cancellation);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Folder(string name) => Path.Combine(Places.Root, "tests/Zoo/Suites", name);

    /// <param name="Name">As the tests call it.</param>
    /// <param name="Needs">Program that must be installed.</param>
    /// <param name="Command">Runs it.</param>
    private sealed record Suite(string Name, string Needs, params string[] Command);
}
