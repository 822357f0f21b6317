using System.Globalization;
using System.Text.RegularExpressions;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>
/// The zoo under guard: what provably hangs is ended and told, what only looks like it runs on without a word. A run of the suite takes a third;
/// <c>GUARD_ZOO=all</c> takes the whole, and <c>GUARD_SECONDS</c> says how long the healthy are watched.
/// </summary>
public sealed partial class GuardTests
{
    private const int Part = 3;

    /// <summary>As many of the healthy run at the same time, each under a guard of its own.</summary>
    private static readonly int Together = Guard.WholeZoo ? 12 : 8;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal static readonly Specimen[] Proven =
        [.. ZooTable.Hangs.Where(specimen => specimen.Expected is { Class: FindingClass.Deadlock, Confidence: Confidence.Proven })];

    /// <summary>Each rule is among them.</summary>
    public static TheoryData<string> Provable => [.. Sample(Proven).Concat(Proven.DistinctBy(specimen => specimen.Expected!.Rule)).Distinct().Select(specimen => specimen.Name)];

    /// <summary>Programs of the zoo that announce themselves and leave no object in the kernel that zoo-keeper would have to remove.</summary>
    public static TheoryData<string> ProvableByThemselves =>
    [
        .. Sample(Proven.Where(specimen => specimen.Command[0].StartsWith(Places.Programs, StringComparison.Ordinal)
            && specimen.Environment.Count == 0 && !specimen.Name.StartsWith("talk-", StringComparison.Ordinal))).Select(specimen => specimen.Name),
    ];

    public static TheoryData<string> Healthy => [.. Sample(ZooTable.Healthy).Select(specimen => specimen.Name).Chunk(Together).Select(names => string.Join(' ', names))];

    [Theory]
    [MemberData(nameof(Provable))]
    public async Task Guard_OfProvableHang_EndsWith86AndNamesTheCulprit(string name)
    {
        Specimen specimen = ZooTable.ByName(name);
        ZooTests.SkipUnlessInstalled(specimen);
        await using Keeper keeper = await Keeper.StartAsync(specimen, Cancellation, Guard.With(GraceOf(specimen)));

        End end = await keeper.EndAsync(Cancellation);

        Guard.Figure("told", name, end.FirstWordAfter);
        Assert.Equal((Guard.DeadlockExit, end.Said), (end.Exit, end.Said));
        AssertTold(specimen.Expected!, end.Said, role => keeper[role]);
        Assert.DoesNotContain(keeper.Pids, IsAlive);
    }

    [Theory]
    [MemberData(nameof(ProvableByThemselves))]
    public async Task Guard_OfProvableHangByItself_EndsAllOfIt(string name)
    {
        Specimen specimen = ZooTable.ByName(name);
        string folder = Directory.CreateTempSubdirectory("zoo-").FullName;
        try
        {
            // The announcement goes to a file, and not to a pipe that somebody would have to read.
            End end = await Guard.RunAsync(GraceOf(specimen), ["bash", "-c", "exec \"$@\" 99>announced", "bash", .. specimen.Command], folder, Cancellation);

            Dictionary<string, int> roles = [];
            foreach (string line in File.ReadLines(Path.Combine(folder, "announced")))
                Keeper.Note(line, roles);
            Assert.Equal((Guard.DeadlockExit, end.Said), (end.Exit, end.Said));
            AssertTold(specimen.Expected!, end.Said, role => roles[role]);
            Assert.DoesNotContain(roles.Values, IsAlive);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// They are asked the strictest way, with no grace at all, for as long as it takes another guard to lose its patience with a likely hang that began
    /// after them.
    /// </summary>
    [Theory]
    [MemberData(nameof(Healthy))]
    public async Task Guard_OfHealthyLookAlikes_SaysNothing(string names)
    {
        Specimen[] specimens = [.. names.Split(' ').Select(ZooTable.ByName).Where(specimen => specimen.Needs is null || Places.IsInstalled(specimen.Needs))];
        List<Keeper> keepers = [];
        try
        {
            foreach (Specimen specimen in specimens)
                keepers.Add(await Keeper.StartAsync(specimen, Cancellation, Guard.With("--grace", "0", "--min-wait", "0", "--hazards")));
            await using Keeper hang = await Keeper.StartAsync(
                ZooTable.ByName("output-held-by-an-orphan"), Cancellation, Guard.With("--min-wait", "0", "--grace", Guard.Seconds.ToString(CultureInfo.InvariantCulture)));
            End told = await hang.EndAsync(Cancellation);
            Assert.Equal((Guard.DeadlockExit, told.Said), (told.Exit, told.Said));

            foreach (Keeper keeper in keepers)
                keeper.LetGo();
            List<(string, int, string)> ends = [];
            for (int i = 0; i < keepers.Count; i++)
            {
                End end = await keepers[i].EndAsync(Cancellation);
                ends.Add((specimens[i].Name, end.Exit, end.Said));
            }

            Assert.Equal(specimens.Select(specimen => (specimen.Name, 0, "")), ends);
        }
        finally
        {
            foreach (Keeper keeper in keepers)
                await keeper.DisposeAsync();
        }
    }

    [Fact]
    public async Task Guard_OfMendedFoundingCase_SaysNothing()
    {
        string folder = Directory.CreateTempSubdirectory("zoo-").FullName;
        try
        {
            End end = await Guard.RunAsync(["--grace", "0", "--min-wait", "0"], ["env", "ZOO_FORM=mended", Places.Program("runner")], folder, Cancellation);

            Assert.Equal((0, "", ""), (end.Exit, end.Said, end.Output));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<Specimen> Sample(IEnumerable<Specimen> specimens) => specimens.Where((_, place) => Guard.WholeZoo || place % Part == 0);

    /// <summary>One whose proof a busy machine may get in the way of is told at the end of its grace then.</summary>
    internal static string[] GraceOf(Specimen specimen) => specimen.Expected!.AtLeast == Confidence.Proven ? [] : ["--grace", "2"];

    /// <summary>Loosely: the rule, and the culprit's or, where none is more to blame than others, everybody's pid.</summary>
    internal static void AssertTold(Expected expected, string said, Func<string, int> pidOf)
    {
        Assert.Contains(expected.Rule, said, StringComparison.Ordinal);
        HashSet<int> told = [.. Number().Matches(said).Select(match => int.TryParse(match.Value, out int number) ? number : 0)];
        foreach (string role in expected.Culprit is { } culprit ? [culprit.Role] : expected.Pids)
            Assert.True(told.Contains(pidOf(role)), $"{role} ({pidOf(role)}) is not named: {said}");
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();

    /// <summary>A zombie has ended, whoever is to wait for it.</summary>
    internal static bool IsAlive(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
