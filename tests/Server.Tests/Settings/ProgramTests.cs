using System.Net;
using System.Net.Sockets;
using OrphanBoard.Server.Tests.Support;

namespace OrphanBoard.Server.Tests.Settings;

/// <summary>The program as a user starts it: what is wrong is told in one line.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("unknown argument '--frobnicate'", "--frobnicate")]
    [InlineData("--port needs a value", "--port")]
    [InlineData("port '70000' is not a number from 0 to 65535", "--port", "70000")]
    public async Task Program_BadUsage_IsOneLineAndExit2(string expected, params string[] args)
    {
        var (exitCode, output, errors) = await ServerProcess.Run(args);

        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(expected, errors);
        Assert.DoesNotContain('\n', errors);
    }

    [Theory]
    [InlineData("{ \"port\": 0,\n  \"webhook\": {} }", "line 2: unknown setting 'webhook'")]
    [InlineData("{\n  \"port\": }", "line 2: not valid JSON")]
    [InlineData("{ \"port\": 1,\n  \"port\": 2 }", "line 2: 'port' is there twice")]
    [InlineData("{ \"port\": \"many\" }", "line 1: 'port' has a value of the wrong kind")]
    [InlineData("{ \"webhooks\": { \"endpoints\": [ { \"name\": \"a\", \"kind\": \"pager\", \"url\": \"https://example.org\" } ] } }", "kind 'pager' is not one of generic, slack")]
    [InlineData("{ \"webhooks\": { \"endpoints\": [ { \"name\": \"a\", \"kind\": \"slack\", \"url\": \"http://127.0.0.1/x\" } ] } }", "127.0.0.1 is not a public https address; if it is meant, add it to webhooks.allow")]
    [InlineData("{ \"webhooks\": { \"endpoints\": [ { \"name\": \"a\", \"kind\": \"slack\", \"url\": \"https://[::ffff:10.0.0.1]/x\" } ] } }", "is not a public https address")]
    [InlineData("{ \"webhooks\": { \"endpoints\": [ { \"kind\": \"slack\", \"url\": \"https://example.org\" } ] } }", "'name' is missing")]
    [InlineData("{ \"webhooks\": { \"endpoints\": [ { \"name\": \"a\", \"kind\": \"slack\", \"url\": \"ftp://example.org\" } ] } }", "'url' is not an http or https address")]
    [InlineData("{ \"webhooks\": { \"allow\": [\"everybody\"] } }", "'everybody' is not an IP address or network")]
    [InlineData("{ \"webhooks\": { \"endpoints\": [ { \"name\": \"a\", \"kind\": \"generic\", \"url\": \"https://example.org\", \"secret\": \"short\" } ] } }", "'secret' is not whsec_")]
    public async Task Program_BadSettingsFile_IsOneLineAndExit1(string json, string expected)
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "orphanboard.json"), json, TestContext.Current.CancellationToken);

        var (exitCode, output, errors) = await ServerProcess.Run("--port", "0", "--data", _directory.Path);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(expected, errors);
        Assert.DoesNotContain('\n', errors);
    }

    [Fact]
    public async Task Program_SettingsFileIsADirectory_IsOneLineAndExit1()
    {
        string path = Directory.CreateDirectory(Path.Combine(_directory.Path, "orphanboard.json")).FullName;

        var (exitCode, output, errors) = await ServerProcess.Run("--port", "0", "--data", _directory.Path);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"orphanboard-server: cannot read {path}: ", errors);
        Assert.DoesNotContain('\n', errors);
    }

    [Fact]
    public async Task Program_PortInUse_IsOneLineAndExit1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString();

        var (exitCode, output, errors) = await ServerProcess.Run("--port", port, "--data", _directory.Path);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Equal($"orphanboard-server: port {port} on 127.0.0.1 is in use: stop what uses it, or choose another with --port N (0: any free one)", errors);
    }

    [Fact]
    public async Task Program_DataDirectoryCannotBeMade_IsOneLineAndExit1()
    {
        string file = Path.Combine(_directory.Path, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        var (exitCode, output, errors) = await ServerProcess.Run("--port", "0", "--data", file);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"orphanboard-server: cannot use the data directory {file}", errors);
        Assert.DoesNotContain('\n', errors);
    }

    [Fact]
    public async Task Program_StoreIsNoDatabase_IsOneLineAndExit1()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "orphanboard.db"), string.Join('\n', Enumerable.Repeat("no database", 1000)), TestContext.Current.CancellationToken);

        var (exitCode, output, errors) = await ServerProcess.Run("--port", "0", "--data", _directory.Path);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("cannot use the store", errors);
        Assert.DoesNotContain('\n', errors);
    }

    [Fact]
    public async Task Program_SecondOnTheSameDirectory_SaysWhoRunsAndExits1()
    {
        await using ServerProcess first = await ServerProcess.Start(_directory.Path);

        var (exitCode, output, errors) = await ServerProcess.Run("--port", "0", "--data", _directory.Path);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains($"already running (pid {first.Pid})", errors);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Program_Signalled_Exits0WithNothingMoreOnStdout(string signal)
    {
        Assert.SkipWhen(signal == "INT" && IgnoresInterrupts(), "these tests were started to ignore SIGINT, as jobs in the background are, and so is what they start");
        await using ServerProcess server = await ServerProcess.Start(_directory.Path);

        Assert.Equal((0, ""), await server.Signal(signal));
    }

    private static bool IgnoresInterrupts() =>
        File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } line
        && (Convert.ToUInt64(line["SigIgn:".Length..].Trim(), 16) & 1UL << 1) != 0;

    [Fact]
    public async Task Program_EnvironmentSaysWhereMessagesGo_IsTaken()
    {
        const string variables = "ORPHANBOARD_WEBHOOKS__ENDPOINTS__0__NAME=chat ORPHANBOARD_WEBHOOKS__ENDPOINTS__0__KIND=slack ORPHANBOARD_WEBHOOKS__ENDPOINTS__0__URL=http://10.1.2.3/x";

        await Assert.ThrowsAsync<InvalidOperationException>(() => ServerProcess.Start(_directory.Path, $"export {variables};"));
        await using ServerProcess allowed = await ServerProcess.Start(_directory.Path, $"export {variables} ORPHANBOARD_WEBHOOKS__ALLOW__0=10.1.0.0/16;");
    }

    [Fact]
    public async Task DataDirectory_Made_IsTheOwnersAlone()
    {
        string data = Path.Combine(_directory.Path, "data");
        await using ServerProcess server = await ServerProcess.Start(data);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
    }

    [Fact]
    public async Task DataDirectory_ThereBefore_LetsNobodyElseReadWhatIsInIt()
    {
        string data = Directory.CreateDirectory(Path.Combine(_directory.Path, "data")).FullName;
        await using ServerProcess server = await ServerProcess.Start(data);

        string[] files = Directory.GetFileSystemEntries(data, "*", SearchOption.AllDirectories);

        Assert.Contains(Path.Combine(data, "orphanboard.db"), files);
        Assert.Contains(Path.Combine(data, "api-token"), files);
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        Assert.All(files, f => Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(f) & others));
    }
}
