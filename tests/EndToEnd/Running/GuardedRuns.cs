using System.Net.Http.Headers;
using System.Text.Json;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.EndToEnd.Running;

/// <summary>Tells a server of a run under guard, as guard on a CI runner would.</summary>
internal static class GuardedRuns
{
    /// <summary>A run that found what the episode tells of.</summary>
    /// <returns>Id of the run's own episode.</returns>
    public static async Task<string> TellAsync(Instance instance, Episode like)
    {
        Finding finding = (await instance.Api.GetAsync($"episodes/{like.Id}")).GetProperty("finding").Deserialize(FindingJson.Default.Finding)!;
        DateTimeOffset now = DateTimeOffset.UtcNow;
        var run = new GuardRun
        {
            RunId = Guid.NewGuid(),
            Host = new HostIdentity("ci-runner", "ci-runner-7", Guid.NewGuid().ToString(), "6.18.44", "x86_64", 100, now.AddHours(-1)),
            AgentVersion = "0.1.0",
            Command = ["cargo", "test", "--workspace", "--", "--test-threads=4", "--nocapture", "contracts::t14_spawn_process_and_wait_for_the_end_of_its_output"],
            Job = new GuardedJob("GitLab CI", "acme/shop / unit tests on debian #4711", "https://gitlab.test/acme/shop/-/jobs/4711", "CI_JOB_ID=4711"),
            Commit = "335dbfa0c1d2e3f4a5b6c7d8e9f0011223344556",
            Branch = "topic/spawned-service-keeps-its-stdout",
            ExitCode = 86,
            StartedAt = now.AddMinutes(-3),
            TakenAt = now.AddSeconds(-6),
            EndedAt = now,
            EndedBy = "deadlock",
            Findings = [finding],
            Ended = [new EndedFinding(finding.Id, EndedFinding.ByGuard)],
        };
        using var client = new HttpClient { BaseAddress = instance.Api.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(instance.Data, "agent-token"))).Trim());
        using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(run, WireJson.Default.GuardRun)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using HttpResponseMessage answer = await client.PostAsync(GuardRun.Path, body);
        answer.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(), WireJson.Default.GuardAnswer)!.Findings.Single().Episode;
    }
}
