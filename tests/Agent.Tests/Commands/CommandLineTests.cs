using NJsonSchema;
using OrphanBoard.Agent.Commands;

namespace OrphanBoard.Agent.Tests.Commands;

public class CommandLineTests
{
    [Theory]
    [InlineData("")]
    [InlineData("bogus")]
    [InlineData("help bogus")]
    [InlineData("help scan guard")]
    [InlineData("scan --bogus")]
    [InlineData("scan extra")]
    [InlineData("scan --json=1")]
    [InlineData("scan --json --json")]
    [InlineData("scan --min-wait")]
    [InlineData("scan --min-wait x")]
    [InlineData("scan --min-wait -1")]
    [InlineData("scan --min-wait 1e9")]
    [InlineData("scan --min-wait NaN")]
    [InlineData("scan --min-wait 1w")]
    [InlineData("scan --min-wait ms")]
    [InlineData("scan --min-wait 1sm")]
    [InlineData("scan --min-wait 25h")]
    [InlineData("scan --pid")]
    [InlineData("scan --pid --json")]
    [InlineData("scan --pid 0")]
    [InlineData("scan --pid 99999999999")]
    [InlineData("scan --pid 4194305")] // above PID_MAX_LIMIT: there is no such process
    [InlineData("scan --backend bogus")]
    [InlineData("explain")]
    [InlineData("explain 1 2")]
    [InlineData("explain one")]
    [InlineData("explain 1 --rules")]
    [InlineData("run")]
    [InlineData("run --server http://127.0.0.1:1")]
    [InlineData("run --server 127.0.0.1 --token-file x")]
    [InlineData("run --server ftp://127.0.0.1 --token-file x")]
    [InlineData("run --server http://127.0.0.1:1 --token-file x --exit-with-parent=me")]
    public async Task RunAsync_BadUsage_IsOneLineAndExit2(string words) => await FailsInOneLine(words, 2);

    [Theory]
    [InlineData("guard --timeout 0 true")]
    [InlineData("guard --linger 2h true")]
    [InlineData("guard --grace soon true")]
    public async Task RunAsync_BadUsageOfGuard_IsOneLineAndExit125(string words) => await FailsInOneLine(words, 125);

    [Theory]
    [InlineData("explain 4194305")]
    [InlineData("run --server http://127.0.0.1:1 --token-file /nonexistent/token")]
    [InlineData("run --server http://127.0.0.1:1 --token-file /dev/null")]
    [InlineData("run --server http://127.0.0.1:1 --token-file /")]
    public async Task RunAsync_WhatCannotBeDone_IsOneLineAndExit1(string words) => await FailsInOneLine(words, 1);

    [Fact]
    public async Task RunAsync_HostileArgument_IsShownEscaped()
    {
        (_, _, string error) = await RunAsync("scan", "--\u001b[31m\nred");

        Assert.Contains(@"--\x1b[31m\nred", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "usage: orphan-agent COMMAND")]
    [InlineData("--version", "orphan-agent 0.")]
    [InlineData("help", "usage: orphan-agent COMMAND")]
    [InlineData("version", "orphan-agent 0.")]
    [InlineData("-V", "orphan-agent 0.")]
    [InlineData("help guard", "usage: orphan-agent guard")]
    [InlineData("guard --version", "orphan-agent 0.")]
    [InlineData("guard --grace 5 --version", "orphan-agent 0.")]
    [InlineData("scan --help", "--min-wait TIME")]
    [InlineData("guard --grace 500ms --linger 1.5s --min-wait 2m --timeout 1h --version", "orphan-agent 0.")]
    [InlineData("explain --help", "explain PID [OPTIONS]")]
    [InlineData("run --help", "--exit-with-parent[=PID]")]
    [InlineData("dump --help", "pseudonyms")]
    [InlineData("replay --help", "replay F [OPTIONS]")]
    [InlineData("doctor --help", "4 partial")]
    [InlineData("explain --rules", "eof-held-by-duplicate")]
    public async Task RunAsync_Help_IsOnStdoutAndExit0(string words, string expected)
    {
        (int exit, string output, string error) = await RunAsync(words.Split(' '));

        Assert.Equal((0, ""), (exit, error));
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_ScanJson_PrintsOneObjectOfTheSchema()
    {
        (int exit, string output, string error) = await RunAsync("scan", "--json", "--min-wait", "0");

        string contract = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "scan.schema.json"), TestContext.Current.CancellationToken);
        // The library resolves the older keyword only.
        JsonSchema schema = await JsonSchema.FromJsonAsync(contract.Replace("$defs", "definitions", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Empty(schema.Validate(output));
        Assert.Equal("", error);
        Assert.True(exit is 0 or 3, $"exit {exit}");
    }

    [Fact]
    public async Task RunAsync_ExplainOwnProcess_TellsOfIt()
    {
        (int exit, string output, string error) = await RunAsync("explain", $"{Environment.ProcessId}");

        Assert.Equal((0, ""), (exit, error));
        Assert.Contains($"({Environment.ProcessId})", output, StringComparison.Ordinal);
    }

    private static async Task FailsInOneLine(string words, int expected)
    {
        (int exit, string output, string error) = await RunAsync(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((expected, ""), (exit, output));
        Assert.StartsWith("orphan-agent: ", error, StringComparison.Ordinal);
        Assert.Equal(error.Length - 1, error.IndexOf('\n', StringComparison.Ordinal));
        Assert.DoesNotContain("internal error", error, StringComparison.Ordinal);
    }

    private static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] words)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int exit = await CommandLine.RunAsync(words, output, error);
        return (exit, output.ToString(), error.ToString());
    }
}
