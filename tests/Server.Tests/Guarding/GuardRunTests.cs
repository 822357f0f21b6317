using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Tests.Support;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Tests.Guarding;

public sealed class GuardRunTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly Finding _hang = Samples.Hang();

    private DateTimeOffset Now => _time.GetUtcNow();

    [Fact]
    public async Task Run_NoAgentThere_IsAnEndedEpisodeWithItsTags()
    {
        await using TestServer server = await TestServer.Start(_time);
        GuardRun run = Runs.Of(Now, _hang);

        GuardAnswer answer = await server.Tell(run);

        JsonElement listed = Assert.Single(await server.Items("/api/v1/episodes?state=ended"));
        RememberedFinding told = Assert.Single(answer.Findings);
        Assert.Equal((_hang.Id, listed.GetProperty("id").GetString(), null), (told.Id, told.Episode, told.SeenBefore));
        Assert.Equal((server.Address.AbsoluteUri, $"{server.Address}findings/{told.Episode}"), (answer.Board, told.Url));
        Assert.Equal("ended-by-guard", listed.GetProperty("endReason").GetString());
        Assert.Equal(run.TakenAt.ToUnixTimeMilliseconds(), listed.GetProperty("firstSeen").GetDateTimeOffset().ToUnixTimeMilliseconds());
        Assert.Equal(run.EndedAt.ToUnixTimeMilliseconds(), listed.GetProperty("endedAt").GetDateTimeOffset().ToUnixTimeMilliseconds());
        AssertTags(run, listed);
        JsonElement detail = await server.Get($"/api/v1/episodes/{told.Episode}");
        AssertTags(run, detail);
        Assert.True(JsonElement.DeepEquals(JsonSerializer.SerializeToElement(_hang, FindingJson.Default.Finding), detail.GetProperty("finding")));
    }

    [Fact]
    public async Task Run_SpecimenKept_LeavesTheEpisodeOpen()
    {
        await using TestServer server = await TestServer.Start(_time);

        await server.Tell(Runs.Of(Now, _hang).Kept());

        Assert.Equal(JsonValueKind.Null, Assert.Single(await server.Items("/api/v1/episodes?state=open")).GetProperty("endReason").ValueKind);
    }

    [Fact]
    public async Task Run_KeptWhereNobodyWatches_IsOverADayLater()
    {
        await using TestServer server = await TestServer.Start(_time);
        await server.Tell(Runs.Of(Now, _hang).Kept());
        _time.Advance(TimeSpan.FromHours(23));
        await server.Service<HistoryFeed>().EndUnwatched(TestContext.Current.CancellationToken);
        Assert.Single(await server.Items("/api/v1/episodes?state=open"));

        _time.Advance(TimeSpan.FromHours(2));
        await _time.TurnUntil(Over(), TimeSpan.FromSeconds(30));

        Assert.Equal("unseen", Assert.Single(await server.Items("/api/v1/episodes?state=ended")).GetProperty("endReason").GetString());

        async Task<bool> Over()
        {
            while ((await server.Items("/api/v1/episodes?state=ended")).Length == 0)
                await Task.Yield();
            return true;
        }
    }

    [Fact]
    public async Task Run_ToldTwice_IsOneAndTheAnswerIsTheSame()
    {
        await using TestServer server = await TestServer.Start(_time);
        await server.Tell(Runs.Of(Now.AddDays(-3), Samples.Hang(pid: 500)) with { EndedAt = Now });
        GuardRun run = Runs.Of(Now, _hang);

        GuardAnswer first = await server.Tell(run);
        _time.Advance(TimeSpan.FromMinutes(10));
        GuardAnswer again = await server.Tell(run);

        Assert.Equal(first.Findings, again.Findings);
        Assert.Equal(2, (await server.Items("/api/v1/episodes")).Length);
        Assert.Equal(2, Assert.Single(await server.Items("/api/v1/fingerprints")).GetProperty("episodes").GetInt32());
    }

    [Fact]
    public async Task Run_ShapeSeenBefore_SaysHowOftenAndSinceWhen()
    {
        await using TestServer server = await TestServer.Start(_time);
        GuardRun oldest = Runs.Of(Now, Samples.Hang(pid: 500));
        await server.Tell(oldest);
        _time.Advance(TimeSpan.FromDays(2));
        GuardRun newer = Runs.Of(Now, Samples.Hang(pid: 700), Samples.Hang(pid: 800, childName: "service"));
        await server.Tell(newer);
        _time.Advance(TimeSpan.FromDays(1));

        GuardAnswer answer = await server.Tell(Runs.Of(Now, _hang, Samples.Hang(pid: 900, childName: "other")));

        Assert.Equal(new SeenBefore(2, ToMs(oldest.TakenAt), ToMs(newer.TakenAt)), answer.Findings[0].SeenBefore);
        Assert.Null(answer.Findings[1].SeenBefore);
    }

    [Fact]
    public async Task Run_AgentHasTheFindingOpen_IsTheSameEpisodeAndItsStreamGoesOn()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Begin(_hang);
        JsonElement before = Assert.Single(await server.Items("/api/v1/episodes"));
        _time.Advance(TimeSpan.FromSeconds(20));
        GuardRun run = Runs.Of(Now, _hang);

        GuardAnswer answer = await server.Tell(run);

        JsonElement after = Assert.Single(await server.Items("/api/v1/episodes"));
        Assert.Equal(before.GetProperty("id").GetString(), Assert.Single(answer.Findings).Episode);
        Assert.Equal(before.GetProperty("firstSeen").GetString(), after.GetProperty("firstSeen").GetString());
        Assert.Equal("ended-by-guard", after.GetProperty("endReason").GetString());
        AssertTags(run, after);

        // The agent's word of it comes after guard's.
        Assert.Null((await agent.Ended(_hang, "exited")).Refused);
        Assert.Equal("ended-by-guard", Assert.Single(await server.Items("/api/v1/episodes")).GetProperty("endReason").GetString());
        JsonElement host = Assert.Single(await server.Items("/api/v1/hosts"));
        Assert.Equal(("online", true, "proc"), (host.GetProperty("state").GetString(), host.GetProperty("watched").GetBoolean(), host.GetProperty("backend").GetString()));
    }

    [Fact]
    public async Task Run_AgentHasEndedTheFindingAlready_SaysWhoEndedIt()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Begin(_hang);
        await agent.Ended(_hang, "exited");
        _time.Advance(TimeSpan.FromSeconds(3));
        GuardRun run = Runs.Of(Now, _hang);

        await server.Tell(run);

        JsonElement episode = Assert.Single(await server.Items("/api/v1/episodes?state=ended"));
        Assert.Equal("ended-by-guard", episode.GetProperty("endReason").GetString());
        AssertTags(run, episode);
        JsonElement fingerprint = Assert.Single(await server.Items("/api/v1/fingerprints"));
        Assert.Equal((1, 0), (fingerprint.GetProperty("episodes").GetInt32(), fingerprint.GetProperty("openEpisodes").GetInt32()));
    }

    [Fact]
    public async Task Run_AgentsLookFromBeforeItsEndComesAfterIt_StaysEnded()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Begin();
        DateTimeOffset look = Now;
        _time.Advance(TimeSpan.FromSeconds(2));
        await server.Tell(Runs.Of(Now, _hang));

        await agent.Findings(new FindingChanges(look, [_hang], []));

        Assert.Equal("ended-by-guard", Assert.Single(await server.Items("/api/v1/episodes")).GetProperty("endReason").GetString());
    }

    [Fact]
    public async Task Run_GuardWithinGuard_IsOneEpisodeOfTheOuterRun()
    {
        await using TestServer server = await TestServer.Start(_time);
        GuardRun inner = Runs.Of(Now, _hang).Kept();
        await server.Tell(inner);
        _time.Advance(TimeSpan.FromSeconds(5));
        GuardRun outer = Runs.Of(Now, _hang) with { Command = ["make", "check"] };

        await server.Tell(outer);

        AssertTags(outer, Assert.Single(await server.Items("/api/v1/episodes?state=ended")));
    }

    [Fact]
    public async Task Host_KnownThroughGuardAlone_IsListedAndNotSilent_UntilAnAgentStreams()
    {
        await using TestServer server = await TestServer.Start(_time);
        await server.Tell(Runs.Of(Now, _hang));

        JsonElement host = Assert.Single(await server.Items("/api/v1/hosts"));
        Assert.Equal(("host-a", "forgotten", false), (host.GetProperty("id").GetString(), host.GetProperty("state").GetString(), host.GetProperty("watched").GetBoolean()));
        Assert.True((await server.Get("/api/v1/hosts/host-a/tree")).GetProperty("gap").GetBoolean());

        await using (TestAgent agent = await Connect(server))
            await agent.Begin();
        await server.Restart();
        host = Assert.Single(await server.Items("/api/v1/hosts"));
        Assert.Equal(("silent", true), (host.GetProperty("state").GetString(), host.GetProperty("watched").GetBoolean()));
    }

    [Fact]
    public async Task Run_ClockOfTheHostFarOff_IsDatedByTheServer()
    {
        await using TestServer server = await TestServer.Start(_time);

        await server.Tell(Runs.Of(Now.AddYears(-20), _hang));

        JsonElement episode = Assert.Single(await server.Items("/api/v1/episodes"));
        Assert.Equal(Now.ToUnixTimeMilliseconds(), episode.GetProperty("endedAt").GetDateTimeOffset().ToUnixTimeMilliseconds());
        Assert.Equal(6, (episode.GetProperty("endedAt").GetDateTimeOffset() - episode.GetProperty("firstSeen").GetDateTimeOffset()).TotalSeconds);
    }

    private static void AssertTags(GuardRun run, JsonElement episode)
    {
        JsonElement tags = episode.GetProperty("guard");
        Assert.Equal(run.RunId.ToString(), tags.GetProperty("runId").GetString());
        Assert.Equal(run.Command, tags.GetProperty("command").EnumerateArray().Select(a => a.GetString()));
        Assert.Equal(run.Job!.Name, tags.GetProperty("job").GetProperty("name").GetString());
        Assert.Equal(run.Job.Url, tags.GetProperty("job").GetProperty("url").GetString());
        Assert.Equal((run.Commit, run.Branch, run.EndedBy), (tags.GetProperty("commit").GetString(), tags.GetProperty("branch").GetString(), tags.GetProperty("endedBy").GetString()));
        Assert.Equal(run.ExitCode, tags.GetProperty("exitCode").GetInt32());
    }

    private static DateTimeOffset ToMs(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private async Task<TestAgent> Connect(TestServer server)
    {
        TestAgent agent = await server.Connect();
        agent.Time = _time;
        return agent;
    }
}
