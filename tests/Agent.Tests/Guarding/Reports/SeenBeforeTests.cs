using System.Text;
using OrphanBoard.Agent.Guarding.Reports;
using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Tests.Guarding.Reports;

public sealed class SeenBeforeTests : IDisposable
{
    private static readonly string Shape = Runs.Founding().Fingerprint.Shape;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Store => Path.Combine(_directory.Path, "orphanboard/seen.jsonl");

    private SeenBefore Seen => new(Path.Combine(_directory.Path, "orphanboard"));

    [Fact]
    public void Count_Nothing_IsNever() => Assert.Equal(0, Seen.Count(Shape)!.Times);

    [Fact]
    public void Count_SameShape_TellsFirstLastAndCommand()
    {
        Add("make", Runs.Now.AddDays(-2));
        Add("cargo test", Runs.Now.AddHours(-1));
        Seen.Add(Runs.Deadlock(), Runs.Ring(2) with { Fingerprint = Runs.Founding().Fingerprint with { Shape = "v1-other" } }, Runs.Now);

        Assert.Equal(new SeenCount(2, Runs.Now.AddDays(-2), Runs.Now.AddHours(-1), "cargo test"), Seen.Count(Shape));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Store));
    }

    [Fact]
    public async Task Add_ManyAtOnce_TearsNoLine()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 50; i++)
                Add("x" + new string('é', 150), Runs.Now);
        })));

        Assert.Equal(400, Seen.Count(Shape)!.Times);
    }

    [Theory]
    [InlineData("{\"time\":\"2026-11-2")] // cut by a full disk
    [InlineData("null\n[]\n{}\n\0\u001b[2J\n{\"time\":null,\"shape\":null,\"rule\":1,\"command\":{}}\n")]
    [InlineData("{\"time\":\"2026-11-24T00:00:00Z\",\"shape\":\"v1-foreign\",\"rule\":\"r\",\"command\":\"c\",\"more\":1}\n")]
    public void Count_HostileLines_AreSkipped(string lines)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Store)!);
        File.WriteAllBytes(Store, [.. Encoding.UTF8.GetBytes(lines), 0xff, 0xfe]);
        Add("make", Runs.Now);

        Assert.Equal(1, Seen.Count(Shape)!.Times);
    }

    [Fact]
    public void Add_PastTheBound_KeepsTheNewestHalf()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Store)!);
        string line = $"{{\"time\":\"2026-01-01T00:00:00Z\",\"shape\":\"{Shape}\",\"rule\":\"r\",\"command\":\"old\"}}\n";
        File.WriteAllText(Store, string.Concat(Enumerable.Repeat(line, 1024 * 1024 / line.Length + 1)));

        Add("new", Runs.Now);

        Assert.InRange(new FileInfo(Store).Length, 400_000, 512 * 1024);
        SeenCount seen = Seen.Count(Shape)!;
        Assert.Equal("new", seen.LastCommand);
        Assert.InRange(seen.Times, 3000, 6000);
        Assert.Equal(["seen.jsonl"], Directory.GetFiles(Path.GetDirectoryName(Store)!).Select(Path.GetFileName));
    }

    [Fact]
    public void Add_LongCommand_IsCut()
    {
        Add(new string('x', 100_000), Runs.Now);

        Assert.InRange(new FileInfo(Store).Length, 1, 1000);
    }

    [Fact]
    public void Store_NoHome_IsNoneAndNoFailure()
    {
        var none = new SeenBefore(StateDirectory.Of(_ => null));

        none.Add(Runs.Deadlock(), Runs.Founding(), Runs.Now);

        Assert.Null(none.Count(Shape));
    }

    [Fact]
    public void Store_WhereNothingCanBeWritten_IsNoneAndNoFailure()
    {
        var none = new SeenBefore("/proc/nowhere");

        none.Add(Runs.Deadlock(), Runs.Founding(), Runs.Now);

        Assert.Equal(0, none.Count(Shape)!.Times);
    }

    /// <summary>To open it would wait for ever.</summary>
    [Fact]
    public async Task Store_ThatIsAFifo_IsNone()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Store)!);
        using var made = System.Diagnostics.Process.Start("mkfifo", [Store]);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);

        Add("make", Runs.Now);

        Assert.Null(Seen.Count(Shape));
        Assert.Throws<InvalidDataException>(() => RegularFile.ReadEnd(Store, 10));
    }

    [Theory]
    [InlineData("/state", "/home/u", "/state/orphanboard")]
    [InlineData("relative", "/home/u", "/home/u/.local/state/orphanboard")]
    [InlineData(null, "/home/u", "/home/u/.local/state/orphanboard")]
    [InlineData("", "", null)]
    [InlineData(null, null, null)]
    public void StateDirectory_OfAnEnvironment_FollowsXdg(string? state, string? home, string? expected) =>
        Assert.Equal(expected, StateDirectory.Of(name => name == "HOME" ? home : name == "XDG_STATE_HOME" ? state : null));

    private void Add(string command, DateTimeOffset at) => Seen.Add(Runs.Deadlock() with { Command = [command] }, Runs.Founding(), at);
}
