using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using OrphanBoard.Server.Tests.Support;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Tests.Guarding;

/// <summary>Runs under guard, told as guard tells them.</summary>
internal static class Runs
{
    /// <summary>A run of a minute that ended just now, by guard, for these findings.</summary>
    public static GuardRun Of(DateTimeOffset now, params Finding[] findings) => new()
    {
        RunId = Guid.NewGuid(),
        Host = new HostIdentity("host-a", "host-a.test", Samples.Boot, "6.18.44", "x86_64", 100, Samples.BootTime),
        AgentVersion = "0.1.0",
        Command = ["cargo", "test", "--workspace"],
        Job = new GuardedJob("GitLab CI", "acme/shop / unit #4711", "https://gitlab.test/acme/shop/-/jobs/4711", "CI_JOB_ID=4711"),
        Commit = "335dbfa0c1d2e3f4a5b6c7d8e9f00112233445566",
        Branch = "main",
        ExitCode = 86,
        StartedAt = now - TimeSpan.FromMinutes(1),
        TakenAt = now - TimeSpan.FromSeconds(6),
        EndedAt = now,
        EndedBy = "deadlock",
        Findings = [.. findings],
        Ended = [.. findings.Select(f => new EndedFinding(f.Id, EndedFinding.ByGuard))],
    };

    public static GuardRun Kept(this GuardRun run) => run with { Ended = [] };

    public static Task<HttpResponseMessage> Post(this TestServer server, GuardRun run, string? token = null) =>
        server.Post(JsonSerializer.SerializeToUtf8Bytes(run, WireJson.Default.GuardRun), token);

    /// <param name="token">Null: the agents' own.</param>
    public static async Task<HttpResponseMessage> Post(this TestServer server, byte[] body, string? token = null)
    {
        using var client = new HttpClient { BaseAddress = server.Address };
        // Asks before it sends: a server that refuses a body by its length does not read it, and closes.
        client.DefaultRequestHeaders.ExpectContinue = true;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token ?? server.AgentToken);
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return await client.PostAsync(GuardRun.Path, content, TestContext.Current.CancellationToken);
    }

    /// <summary>POST, 200, the answer.</summary>
    public static async Task<GuardAnswer> Tell(this TestServer server, GuardRun run)
    {
        HttpResponseMessage answer = await server.Post(run);
        string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return JsonSerializer.Deserialize(text, WireJson.Default.GuardAnswer)!;
    }
}
