using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using OrphanBoard.Server.Tests.Support;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Tests.Ingest;

public sealed class EpisodeTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly Finding _hang = Samples.Hang();

    [Fact]
    public async Task Finding_Opened_IsAnEpisodeWithItsEvidence()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin();

        StreamAnswer answer = await agent.Opened(_hang);

        Assert.Equal(2, answer.AcknowledgedSequence);
        JsonElement summary = Assert.Single(await server.Items("/api/v1/episodes?state=open"));
        Assert.Equal("deadlock", summary.GetProperty("class").GetString());
        Assert.Equal("proven", summary.GetProperty("confidence").GetString());
        Assert.Equal(_hang.Fingerprint.Shape, summary.GetProperty("fingerprint").GetProperty("shape").GetString());
        Assert.Equal("host-a.test", summary.GetProperty("hostName").GetString());
        Assert.Equal(JsonValueKind.Null, summary.GetProperty("endedAt").ValueKind);

        JsonElement detail = await server.Get($"/api/v1/episodes/{summary.GetProperty("id").GetString()}");
        Assert.True(JsonElement.DeepEquals(JsonSerializer.SerializeToElement(_hang, FindingJson.Default.Finding), detail.GetProperty("finding")));
    }

    [Fact]
    public async Task Episode_ServerRestarted_GoesOnWithItsFirstSeenTime()
    {
        await using TestServer server = await TestServer.Start(_time);
        JsonElement before;
        await using (TestAgent agent = await Connect(server))
        {
            await agent.Begin(_hang);
            before = Assert.Single(await server.Items("/api/v1/episodes"));
        }
        await server.Restart();
        _time.Advance(TimeSpan.FromMinutes(3));

        await using TestAgent again = await Connect(server);
        await again.Begin(_hang);

        JsonElement after = Assert.Single(await server.Items("/api/v1/episodes"));
        Assert.Equal(before.GetProperty("id").GetString(), after.GetProperty("id").GetString());
        Assert.Equal(before.GetProperty("firstSeen").GetDateTimeOffset(), after.GetProperty("firstSeen").GetDateTimeOffset());
        Assert.True(after.GetProperty("lastSeen").GetDateTimeOffset() > before.GetProperty("lastSeen").GetDateTimeOffset());
        Assert.Equal(1, Assert.Single(await server.Items("/api/v1/fingerprints")).GetProperty("episodes").GetInt32());
    }

    [Fact]
    public async Task Episode_AgentRestarted_IsNotDoubled()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent killed = await server.Connect();
        await killed.Begin(_hang);

        await using TestAgent restarted = await server.Connect();
        await restarted.Begin(_hang);

        Assert.Single(await server.Items("/api/v1/episodes"));
        Assert.NotNull((await killed.Heartbeat()).Refused);
    }

    [Theory]
    [InlineData("exited")]
    [InlineData("moved")]
    [InlineData("changed")]
    public async Task Episode_AgentEndsFinding_EndsForItsReason(string reason)
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin(_hang);

        await agent.Ended(_hang, reason);

        Assert.Empty(await server.Items("/api/v1/episodes?state=open"));
        Assert.Equal(reason, Assert.Single(await server.Items("/api/v1/episodes?state=ended")).GetProperty("endReason").GetString());
        Assert.Equal("resolved", Assert.Single(await server.Items("/api/v1/fingerprints")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Episode_NotInNextKeyframe_EndsUnseen_AndGoesOnWhenItIsBack()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Begin(_hang);
        string id = Assert.Single(await server.Items("/api/v1/episodes")).GetProperty("id").GetString()!;

        await agent.Keyframe();
        Assert.Equal("unseen", Assert.Single(await server.Items("/api/v1/episodes")).GetProperty("endReason").GetString());

        _time.Advance(TimeSpan.FromHours(1));
        await agent.Keyframe(_hang);
        JsonElement again = Assert.Single(await server.Items("/api/v1/episodes?state=open"));
        Assert.Equal(id, again.GetProperty("id").GetString());
    }

    [Theory]
    [InlineData(30, 1)]
    [InlineData(90, 2)]
    public async Task Episode_SameFindingAfterItMoved_IsAnotherOneOnlyAfterAMinute(int seconds, int episodes)
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Begin(_hang);
        await agent.Ended(_hang, "moved");

        _time.Advance(TimeSpan.FromSeconds(seconds));
        await agent.Opened(_hang);

        Assert.Equal(episodes, (await server.Items("/api/v1/episodes")).Length);
        JsonElement fingerprint = Assert.Single(await server.Items("/api/v1/fingerprints"));
        Assert.Equal(episodes, fingerprint.GetProperty("episodes").GetInt32());
        Assert.Equal(1, fingerprint.GetProperty("openEpisodes").GetInt32());
        Assert.Equal(1, fingerprint.GetProperty("hosts").GetInt32());
    }

    [Fact]
    public async Task Episode_HostBootedAnew_EndsWithReboot()
    {
        await using TestServer server = await TestServer.Start();
        await using (TestAgent agent = await server.Connect())
            await agent.Begin(_hang);

        await using TestAgent booted = await server.Connect(bootId: Samples.NextBoot);
        await booted.Begin(_hang);

        JsonElement ended = Assert.Single(await server.Items("/api/v1/episodes?state=ended"));
        Assert.Equal("reboot", ended.GetProperty("endReason").GetString());
        Assert.Single(await server.Items("/api/v1/episodes?state=open"));
    }

    [Fact]
    public async Task Episode_Heartbeats_KeepLastSeenOverARestart()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using (TestAgent agent = await Connect(server))
        {
            await agent.Begin(_hang);
            _time.Advance(TimeSpan.FromSeconds(5));
            await agent.Heartbeat();
        }
        await server.Restart();

        JsonElement episode = Assert.Single(await server.Items("/api/v1/episodes"));
        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), episode.GetProperty("lastSeen").GetDateTimeOffset().ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task Episode_WeakerEvidenceLater_KeepsTheStrongest()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin(_hang);

        await agent.Opened(_hang with { Confidence = Confidence.Suspected, Summary = "less is seen" });

        JsonElement episode = Assert.Single(await server.Items("/api/v1/episodes"));
        Assert.Equal("proven", episode.GetProperty("confidence").GetString());
        Assert.Equal(_hang.Summary, episode.GetProperty("summary").GetString());
    }

    [Fact]
    public async Task Episode_SeenAsAnotherShape_LeavesTheFirstWithoutATrace()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        Finding other = Samples.Hang(childName: "service") with { Id = _hang.Id };
        await agent.Begin(_hang);

        await agent.Opened(other);

        Assert.Single(await server.Items("/api/v1/episodes"));
        JsonElement fingerprint = Assert.Single(await server.Items("/api/v1/fingerprints"));
        Assert.Equal(other.Fingerprint.Shape, fingerprint.GetProperty("shape").GetString());
        Assert.Equal(1, fingerprint.GetProperty("openEpisodes").GetInt32());
    }

    [Fact]
    public async Task Host_SaysNothingForThreeIntervals_IsSilentAndItsEpisodesStayOpen()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Begin(_hang);
        Assert.Equal("online", Assert.Single(await server.Items("/api/v1/hosts")).GetProperty("state").GetString());
        var silent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable watch = server.Service<Server.Live.LiveHosts>().Subscribe("host-a", () => silent.TrySetResult());

        _time.Advance(TimeSpan.FromSeconds(5));
        await silent.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        JsonElement host = Assert.Single(await server.Items("/api/v1/hosts"));
        Assert.Equal("silent", host.GetProperty("state").GetString());
        Assert.Equal(1, host.GetProperty("openFindings").GetInt32());
        await agent.Heartbeat();
        Assert.Equal("online", Assert.Single(await server.Items("/api/v1/hosts")).GetProperty("state").GetString());
    }

    private async Task<TestAgent> Connect(TestServer server)
    {
        TestAgent agent = await server.Connect();
        agent.Time = _time;
        return agent;
    }
}
