using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OrphanBoard.Server.Tests.Support;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Tests.History;

/// <summary>What was acknowledged is there, whatever becomes of the process.</summary>
public sealed class DurabilityTests : IDisposable
{
    private const int Kills = 5;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly TemporaryDirectory _directory = new();
    private readonly int _seed = Environment.TickCount;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Server_KilledBetweenPushes_HasEachEpisodeOnceWithItsFirstSeenTime()
    {
        var random = new Random(_seed);
        List<Finding> acknowledged = [];
        for (int kill = 0; kill < Kills; kill++)
        {
            await using ServerProcess server = await ServerProcess.Start(_directory.Path);
            await using TestAgent agent = await TestAgent.Connect(server.Address, await AgentToken(), "host-a");
            await agent.Begin([.. acknowledged]);

            // One frame is under way when the server dies: it may be in the store or not, but not half.
            for (int pushes = random.Next(1, 6); pushes > 0; pushes--)
            {
                Finding next = Samples.Hang(pid: 1000 + acknowledged.Count * 10);
                Assert.Null((await agent.Opened(next)).Refused);
                acknowledged.Add(next);
            }
            Finding lost = Samples.Hang(pid: 1000 + acknowledged.Count * 10);
            Task<StreamAnswer> underWay = agent.Opened(lost);
            await server.Kill();
            if (await Task.WhenAny(underWay) is { IsCompletedSuccessfully: true })
                acknowledged.Add(lost);
        }

        await using ServerProcess last = await ServerProcess.Start(_directory.Path);
        await using TestAgent again = await TestAgent.Connect(last.Address, await AgentToken(), "host-a");
        await again.Begin([.. acknowledged]);
        using HttpClient api = last.Api(_directory.Path);
        JsonElement[] open = [.. (await api.GetFromJsonAsync<JsonElement>("/api/v1/episodes?state=open&limit=1000", Cancellation)).GetProperty("items").EnumerateArray()];

        Assert.True(open.Length == acknowledged.Count, $"{open.Length} episodes for {acknowledged.Count} findings (seed {_seed})");
        Assert.Equal(open.Length, open.Select(e => e.GetProperty("summary").GetString()).Distinct().Count());
        JsonElement fingerprint = Assert.Single((await api.GetFromJsonAsync<JsonElement>("/api/v1/fingerprints", Cancellation)).GetProperty("items").EnumerateArray());
        Assert.True(fingerprint.GetProperty("openEpisodes").GetInt32() == acknowledged.Count, $"seed {_seed}");
    }

    [Fact]
    public async Task Store_CannotGrow_NothingIsAcknowledgedAndReadinessSaysSo()
    {
        // Files of at most 800 blocks of 1,024 bytes; the signal that comes with it is ignored, so writing fails with EFBIG as it does with ENOSPC.
        // (The runtime's W^X maps its code through a file that would be too large.)
        await using ServerProcess server = await ServerProcess.Start(_directory.Path, "export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; ulimit -f 800;");
        await using TestAgent agent = await TestAgent.Connect(server.Address, await AgentToken(), "host-a");
        await agent.Begin();
        using HttpClient api = server.Api(_directory.Path);
        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync("/readyz", Cancellation)).StatusCode);

        int acknowledged = 0;
        Exception? failure = null;
        for (int i = 0; i < 200 && failure is null; i++)
        {
            Finding big = Samples.Hang(pid: 1000 + i * 10) with { Explanation = [.. Enumerable.Repeat(new string('x', 9000), 5)] };
            failure = await Record.ExceptionAsync(() => agent.Opened(big));
            acknowledged += failure is null ? 1 : 0;
        }

        Assert.Contains("retry later", Assert.IsAssignableFrom<Exception>(failure).Message);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await api.GetAsync("/readyz", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync("/healthz", Cancellation)).StatusCode);
        await server.Kill();

        await using ServerProcess withRoom = await ServerProcess.Start(_directory.Path);
        using HttpClient again = withRoom.Api(_directory.Path);
        Assert.Equal(acknowledged, (await again.GetFromJsonAsync<JsonElement>("/api/v1/episodes?limit=1000", Cancellation)).GetProperty("items").GetArrayLength());
    }

    private async Task<string> AgentToken() => (await File.ReadAllTextAsync(Path.Combine(_directory.Path, "agent-token"), Cancellation)).Trim();
}
