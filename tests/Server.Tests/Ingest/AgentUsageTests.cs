using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using OrphanBoard.Server.Ingest;
using OrphanBoard.Server.Live;
using OrphanBoard.Server.Tests.Support;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Tests.Ingest;

/// <summary>What agents say of themselves.</summary>
public sealed class AgentUsageTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task Hosts_AgentThatTells_ShowsItsBackEndAndItsCost()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Hello();
        await agent.Keyframe(Samples.Keyframe(_time.GetUtcNow()) with { Agent = Samples.Agent(backend: "taskstats") });

        JsonElement host = Assert.Single(await server.Items("/api/v1/hosts"));

        Assert.Equal("taskstats", host.GetProperty("backend").GetString());
        JsonElement usage = host.GetProperty("agent");
        Assert.Equal("not eBPF: CAP_BPF is missing", usage.GetProperty("whyNotBetter").GetString());
        Assert.Equal(0.012, usage.GetProperty("cpuFraction").GetDouble());
        Assert.Equal(1000, usage.GetProperty("intervalMs").GetInt32());
        Assert.Equal(3, usage.GetProperty("reads").GetProperty("failed").GetInt64());
    }

    [Fact]
    public async Task Hosts_AgentThatDoesNotTell_ShowsTheBackEndOfItsHello()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Begin();

        JsonElement host = Assert.Single(await server.Items("/api/v1/hosts"));

        Assert.Equal("proc", host.GetProperty("backend").GetString());
        Assert.Equal(JsonValueKind.Null, host.GetProperty("agent").ValueKind);
    }

    [Fact]
    public async Task Delta_AgentSlowedDown_IsSilentOnlyAfterThreeOfItsNewIntervals()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Begin();
        await agent.Delta([], [], Samples.Agent(intervalMs: 8000));
        await agent.Heartbeat();
        AgentStream stream = Assert.Single(server.Service<AgentStreams>().Current);

        stream.WatchSilence(_time.GetUtcNow().AddSeconds(23));
        Assert.Equal(HostState.Online, server.Service<LiveHosts>().Find("host-a")!.State);

        stream.WatchSilence(_time.GetUtcNow().AddSeconds(25));
        Assert.Equal(HostState.Silent, server.Service<LiveHosts>().Find("host-a")!.State);
    }

    [Fact]
    public async Task Hello_AgentThatHadSlowedDown_CountsByWhatIsInForce()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Hello(usage: Samples.Agent(intervalMs: 8000));
        await agent.Keyframe();
        AgentStream stream = Assert.Single(server.Service<AgentStreams>().Current);

        stream.WatchSilence(_time.GetUtcNow().AddSeconds(23));

        Assert.Equal(HostState.Online, server.Service<LiveHosts>().Find("host-a")!.State);
    }

    [Fact]
    public async Task Metrics_AgentsThatTell_AreCountedPerHost()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server), other = await Connect(server, "host-b");
        await agent.Begin();
        await agent.Delta([], [], Samples.Agent());
        await other.Begin();

        string[] lines = (await server.Api.GetStringAsync("/metrics", TestContext.Current.CancellationToken)).Split('\n');

        const string host = "host_id=\"host-a\",host=\"host-a.test\"";
        Assert.Contains($"orphanboard_agent_info{{{host},version=\"0.1.0\",backend=\"proc\",events=\"polling\"}} 1", lines);
        Assert.Contains($"orphanboard_agent_cpu_ratio{{{host}}} 0.012", lines);
        Assert.Contains($"orphanboard_agent_resident_memory_bytes{{{host}}} 24000000", lines);
        Assert.Contains($"orphanboard_agent_interval_seconds{{{host}}} 1", lines);
        Assert.Contains($"orphanboard_agent_read_errors_total{{{host},kind=\"abandoned\"}} 1", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("orphanboard_agent", StringComparison.Ordinal) && line.Contains("host-b", StringComparison.Ordinal));
        Assert.Equal(lines.Length, lines.Where(l => l.Length > 0).Distinct().Count() + 1);
    }

    [Fact]
    public async Task Metrics_NameWithAQuoteAndALineFeed_StaysOneLabel()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Begin();
        await agent.Delta([], [], Samples.Agent() with { Events = "a\"} 1\n\\" });

        string text = await server.Api.GetStringAsync("/metrics", TestContext.Current.CancellationToken);

        Assert.Contains("events=\"a\\\"} 1\\n\\\\\"} 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_SilentHost_HasNoneOfItsAgent()
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent agent = await Connect(server);
        await agent.Begin();
        await agent.Delta([], [], Samples.Agent());
        await agent.Goodbye();

        Assert.DoesNotContain("orphanboard_agent_", await server.Api.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static readonly Dictionary<string, Func<AgentUsage, AgentUsage>> Hostile = new()
    {
        ["no interval"] = a => a with { IntervalMs = 0 },
        ["interval of a year"] = a => a with { IntervalMs = int.MaxValue },
        ["negative count"] = a => a with { Reads = a.Reads with { Abandoned = -1 } },
        ["negative CPU"] = a => a with { CpuSeconds = -1 },
        ["no reads"] = a => a with { Reads = null! },
        ["endless reason"] = a => a with { WhyNotBetter = new string('x', 100_000) },
        ["endless back end"] = a => a with { Backend = new string('x', 100) },
    };

    public static TheoryData<string> HostileNames => [.. Hostile.Keys];

    [Theory]
    [MemberData(nameof(HostileNames))]
    public async Task Stream_WhatTheAgentSaysCannotBe_IsRefused(string name)
    {
        await using TestServer server = await TestServer.Start(_time);
        await using TestAgent inHello = await Connect(server, "host-a"), inKeyframe = await Connect(server, "host-b"), inDelta = await Connect(server, "host-c");
        AgentUsage usage = Hostile[name](Samples.Agent());

        Assert.NotNull((await inHello.Hello(usage: usage)).Refused);
        await inKeyframe.Hello();
        Assert.NotNull((await inKeyframe.Keyframe(Samples.Keyframe(_time.GetUtcNow()) with { Agent = usage })).Refused);
        await inDelta.Begin();
        Assert.NotNull((await inDelta.Delta([], [], usage)).Refused);
    }

    private async Task<TestAgent> Connect(TestServer server, string hostId = "host-a")
    {
        TestAgent agent = await server.Connect(hostId);
        agent.Time = _time;
        return agent;
    }
}
