using OrphanBoard.Server.Tests.Support;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Tests.Ingest;

public sealed class StreamTests
{
    [Fact]
    public async Task Stream_FrameMissing_AsksForAKeyframeAndTakesNothingElse()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin();

        agent.SkipSequence();
        Assert.Equal(new StreamAnswer(1, true, null), await agent.Opened(Samples.Hang()));
        Assert.True((await agent.Heartbeat()).NeedKeyframe);
        Assert.Empty(await server.Items("/api/v1/episodes"));

        Assert.False((await agent.Keyframe(Samples.Hang())).NeedKeyframe);
        Assert.False((await agent.Heartbeat()).NeedKeyframe);
        Assert.Single(await server.Items("/api/v1/episodes"));
    }

    [Fact]
    public async Task Stream_FrameSentTwice_IsTakenOnce()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin();
        byte[] body = FrameBody.Encode(new FindingChanges(DateTimeOffset.UtcNow, [Samples.Hang()], []), WireJson.Default.FindingChanges);
        var frame = new StreamFrame(2, 0, DateTimeOffset.UtcNow, FrameKind.Findings, body);

        Assert.Equal(2, (await agent.Push(frame)).AcknowledgedSequence);
        Assert.Equal(2, (await agent.Push(frame)).AcknowledgedSequence);

        Assert.Single(await server.Items("/api/v1/episodes"));
    }

    [Fact]
    public async Task Stream_DeltaOfAnUnknownProcess_AsksForAKeyframe()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin();

        StreamAnswer answer = await agent.Delta([new ProcessDelta(new ProcessKey(77, 1), null, [], null)], []);

        Assert.True(answer.NeedKeyframe);
        Assert.Null(answer.Refused);
    }

    [Fact]
    public async Task Stream_UnknownProtocolVersion_IsRefusedWithBothVersions()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();

        StreamAnswer answer = await agent.Hello(version: 99);

        Assert.Contains("versions 1 to 2", answer.Refused);
        Assert.Contains("99", answer.Refused);
    }

    [Fact]
    public async Task Stream_NoHelloFirst_IsRefused()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();

        Assert.Contains("hello", (await agent.Keyframe()).Refused);
    }

    public static TheoryData<string> HostileKeyframes => [.. Hostile.Keys];

    private static readonly Dictionary<string, Func<Keyframe, Keyframe>> Hostile = new()
    {
        ["process twice"] = k => k with { Processes = [.. k.Processes, k.Processes[0]] },
        ["endless comm"] = k => k with { Processes = [Samples.State(1, 0, new string('x', 100_000))] },
        ["finding twice"] = k => k with { Findings = [k.Findings[0], k.Findings[0]] },
        ["key with a path in it"] = k => k with { Findings = [k.Findings[0] with { Fingerprint = k.Findings[0].Fingerprint with { Shape = "../../etc/passwd" } }] },
        ["rule with markup"] = k => k with { Findings = [k.Findings[0] with { Rule = "<script>" }] },
        ["too many findings"] = k => k with { Findings = [.. Enumerable.Range(0, 3000).Select(i => k.Findings[0] with { Id = $"f{i}" })] },
        ["participant twice"] = k => k with { Findings = [k.Findings[0] with { Participants = [k.Findings[0].Participants[0], k.Findings[0].Participants[0]] }] },
    };

    [Theory]
    [MemberData(nameof(HostileKeyframes))]
    public async Task Stream_HostileKeyframe_IsRefusedAndOtherHostsGoOn(string name)
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent good = await server.Connect("good");
        await good.Begin(Samples.Hang());
        await using TestAgent bad = await server.Connect("bad");
        await bad.Hello();

        StreamAnswer answer = await bad.Keyframe(Hostile[name](Samples.Keyframe(DateTimeOffset.UtcNow, Samples.Hang())));

        Assert.NotNull(answer.Refused);
        Assert.Empty(await server.Items("/api/v1/episodes?host=bad"));
        Assert.Null((await good.Heartbeat()).Refused);
        Assert.Single(await server.Items("/api/v1/episodes?host=good&state=open"));
    }

    [Fact]
    public async Task Stream_Version1_IsTakenIn()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();

        await agent.Push(FrameKind.Hello, InBrotli(FrameBody.Encode(new Hello(1, Guid.NewGuid(), agent.Host, "0.1.0", 4711, "proc", 1000), WireJson.Default.Hello)));
        StreamAnswer answer = await agent.Push(
            FrameKind.Keyframe, InBrotli(FrameBody.Encode(Samples.Keyframe(DateTimeOffset.UtcNow, Samples.Hang()), WireJson.Default.Keyframe)));

        Assert.Equal((null, false), (answer.Refused, answer.NeedKeyframe));
        Assert.Single(await server.Items("/api/v1/episodes?state=open"));
    }

    [Theory]
    [InlineData("not compressed at all")]
    [InlineData("x\u0001 and then none of zlib's")]
    [InlineData("")]
    public async Task Stream_BodyThatIsNoMessage_IsRefused(string body)
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Hello();

        Assert.NotNull((await agent.Push(FrameKind.Keyframe, System.Text.Encoding.UTF8.GetBytes(body))).Refused);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"takenAt":"2026-05-18T00:00:00Z","visibility":{"processes":0,"threads":0,"fds":0,"fdTablesUnreadable":0,"waitsUnreadable":0,"complete":true},"processes":[null],"findings":[]}""")]
    [InlineData("""{"takenAt":"2026-05-18T00:00:00Z","visibility":{"processes":0,"threads":0,"fds":0,"fdTablesUnreadable":0,"waitsUnreadable":0,"complete":true},"processes":[{"key":{"pid":1,"startTimeTicks":1}}],"findings":[]}""")]
    public async Task Stream_PartsLeftOut_IsRefused(string json)
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Hello();
        using var output = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(output, System.IO.Compression.CompressionMode.Compress))
            zlib.Write(System.Text.Encoding.UTF8.GetBytes(json));

        Assert.NotNull((await agent.Push(FrameKind.Keyframe, output.ToArray())).Refused);
    }

    [Fact]
    public async Task Stream_BodyThatInflatesWithoutEnd_IsRefused()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Hello();
        using var output = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(output, System.IO.Compression.CompressionLevel.Fastest))
        {
            byte[] spaces = new byte[1024 * 1024];
            spaces.AsSpan().Fill((byte)' ');
            for (int i = 0; i <= WireProtocol.MaxBodyBytes / spaces.Length; i++)
                zlib.Write(spaces);
        }

        Assert.Contains("larger than", (await agent.Push(FrameKind.Keyframe, output.ToArray())).Refused);
    }

    [Fact]
    public async Task Stream_ClockFarOff_IsDatedByTheServer()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Hello();

        await agent.Keyframe(Samples.Keyframe(DateTimeOffset.UtcNow.AddYears(3000), Samples.Hang()));

        DateTimeOffset firstSeen = Assert.Single(await server.Items("/api/v1/episodes")).GetProperty("firstSeen").GetDateTimeOffset();
        Assert.True(firstSeen <= DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task Hub_WrongToken_Is401()
    {
        await using TestServer server = await TestServer.Start();

        Exception e = await Assert.ThrowsAnyAsync<Exception>(() => TestAgent.Connect(server.Address, "wrong", "host-a"));

        Assert.Contains("401", e.Message);
    }

    [Fact]
    public async Task Hub_ApiToken_DoesNotOpenIt()
    {
        await using TestServer server = await TestServer.Start();
        string apiToken = server.Api.DefaultRequestHeaders.Authorization!.Parameter!;

        Exception e = await Assert.ThrowsAnyAsync<Exception>(() => TestAgent.Connect(server.Address, apiToken, "host-a"));

        Assert.Contains("401", e.Message);
    }

    /// <summary>As agents of version 1 compressed.</summary>
    private static byte[] InBrotli(byte[] body)
    {
        using var output = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(new MemoryStream(body), System.IO.Compression.CompressionMode.Decompress))
        using (var brotli = new System.IO.Compression.BrotliStream(output, System.IO.Compression.CompressionLevel.Fastest))
            zlib.CopyTo(brotli);
        return output.ToArray();
    }
}
