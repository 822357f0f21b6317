using System.Net;
using System.Net.Sockets;
using OrphanBoard.EndToEnd.Running;

namespace OrphanBoard.EndToEnd;

/// <summary>Whatever is wrong is said in one line, and never as a stack trace.</summary>
public sealed class BadInputTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("nonsense")]
    [InlineData("up", "--nonsense")]
    [InlineData("demo", "--port")]
    [InlineData("up", "--port", "65536")]
    [InlineData("up", "--port=abc")]
    [InlineData("test", "nonsense")]
    [InlineData("build", "nonsense")]
    public async Task Script_UnknownArgument_SaysSoInOneLine(params string[] arguments)
    {
        (int exit, string output, string error) = await Instance.RunAsync(Cancellation, arguments);
        Assert.Equal((2, ""), (exit, output));
        AssertOneLine(error, arguments[^1].Split('=')[^1]);
    }

    [Fact]
    public async Task Up_PortInUse_SaysSoInOneLine()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString();
        string data = Directory.CreateTempSubdirectory("orphanboard-").FullName;

        (int exit, string output, string error) = await Instance.RunAsync(Cancellation, "up", "--port", port, "--data", data);

        Directory.Delete(data, recursive: true);
        Assert.Equal((1, ""), (exit, output));
        AssertOneLine(error, port);
    }

    [Fact]
    public async Task Up_DataDirectoryCannotBeMade_SaysSoInOneLine()
    {
        // Not even root can make a directory there.
        (int exit, string output, string error) = await Instance.RunAsync(Cancellation, "up", "--port", "0", "--data", "/proc/orphanboard");
        Assert.Equal((1, ""), (exit, output));
        AssertOneLine(error, "/proc/orphanboard");
    }

    [Fact]
    public async Task Up_SecondOnTheSameDirectory_SaysSoInOneLineAndLeavesTheFirstAlone()
    {
        await using Instance first = await Instance.StartAsync("up", null, Cancellation);

        (int exit, string output, string error) = await Instance.RunAsync(Cancellation, "up", "--port", "0", "--data", first.Data);

        Assert.Equal((1, ""), (exit, output));
        AssertOneLine(error, first.Data);
        Assert.NotEqual(default, await Eventually.GetAsync(first.Api.LastSeenAsync, seen => seen != default, TimeSpan.FromSeconds(20), Cancellation));
    }

    private static void AssertOneLine(string error, string about)
    {
        string line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(about, line);
        Assert.DoesNotContain("   at ", line);
    }
}
