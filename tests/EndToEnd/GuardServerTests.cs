using System.Text.Json;
using OrphanBoard.EndToEnd.Running;

namespace OrphanBoard.EndToEnd;

/// <summary><c>guard --server</c>: the board has what a job has found; where it cannot be told, the job ends as it would have.</summary>
public sealed class GuardServerTests : IDisposable
{
    private const int DeadlockExit = 86;

    private readonly string _folder = Directory.CreateTempSubdirectory("guarded-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Guard_WithAServer_PutsTheFindingOnTheBoardWithItsJob()
    {
        await using Instance up = await Instance.StartAsync("up", null, Cancellation);
        string server = up.Api.Address.ToString(), token = Path.Combine(up.Data, "agent-token");

        GuardedCommand run = await GuardedCommand.StartAsync(_folder, Cancellation, "--server", server, "--token-file", token);

        Assert.Equal((DeadlockExit, run.Said), (run.Exit, run.Said));
        string line = Assert.Single(run.Said.Split('\n'), line => line.StartsWith("orphan-agent: guard: on the board: ", StringComparison.Ordinal));
        Assert.Contains("never seen there before", line, StringComparison.Ordinal);
        string page = line["orphan-agent: guard: on the board: ".Length..line.IndexOf(';', StringComparison.Ordinal)];
        JsonElement episode = await up.Api.GetAsync($"episodes/{page[(page.LastIndexOf('/') + 1)..]}");
        Assert.Equal("eof-held-by-self", episode.GetProperty("rule").GetString());
        string told = episode.GetRawText();
        foreach (string tag in (string[])["acme/shop / unit #4711", GuardedCommand.Commit, Places.Specimen("own-stdin")])
            Assert.Contains(tag, told, StringComparison.Ordinal);

        // A token that is none changes nothing but the last line.
        string wrong = Path.Combine(_folder, "wrong-token");
        await File.WriteAllTextAsync(wrong, "ob_agent_wrong", Cancellation);
        GuardedCommand refused = await GuardedCommand.StartAsync(_folder, Cancellation, "--server", server, "--token-file", wrong);
        AssertEndsAsWithout(refused, "the token is not accepted");
        Assert.Equal((0, ""), await up.StopAsync());
    }

    [Fact]
    public async Task Guard_ServerIsDown_EndsAsWithout()
    {
        string token = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(token, "ob_agent_any", Cancellation);

        // Nobody listens on port 1.
        AssertEndsAsWithout(await GuardedCommand.StartAsync(_folder, Cancellation, "--server", "http://127.0.0.1:1", "--token-file", token), "Connection refused");
    }

    private static void AssertEndsAsWithout(GuardedCommand run, string why)
    {
        Assert.Equal((DeadlockExit, run.Said), (run.Exit, run.Said));
        Assert.Contains("orphan-agent: DEADLOCK (eof-held-by-self): ending the command and all that it started; exit code 86\n", run.Said, StringComparison.Ordinal);
        string line = Assert.Single(run.Said.Split('\n'), line => line.StartsWith("orphan-agent: guard: ", StringComparison.Ordinal));
        Assert.Contains(why, line, StringComparison.Ordinal);
        Assert.StartsWith("orphan-agent: guard: the board at http://127.0.0.1:", line, StringComparison.Ordinal);
    }
}
