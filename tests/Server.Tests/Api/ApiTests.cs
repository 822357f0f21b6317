using System.Net;
using System.Text.Json;
using OrphanBoard.Server.Tests.Support;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Server.Tests.Api;

/// <summary>The names and answers that docs/contract/api.md promises.</summary>
public sealed class ApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hosts_Listed_HaveTheContractsFields()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin(Samples.Hang());

        JsonElement host = Assert.Single(await server.Items("/api/v1/hosts"));

        AssertHas(host, "id name bootId kernel agentVersion state lastSeen processes threads fds openFindings");
        Assert.Equal(3, host.GetProperty("processes").GetInt32());
        Assert.Equal(1, host.GetProperty("openFindings").GetInt32());
    }

    [Fact]
    public async Task Tree_Now_IsDepthFirstWithFindings()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        Finding hang = Samples.Hang();
        await agent.Begin(hang);

        JsonElement tree = await server.Get("/api/v1/hosts/host-a/tree");

        Assert.False(tree.GetProperty("gap").GetBoolean());
        JsonElement[] processes = [.. tree.GetProperty("processes").EnumerateArray()];
        Assert.Equal([1, 100, 101], processes.Select(p => p.GetProperty("pid").GetInt32()));
        AssertHas(processes[1], "pid startTimeTicks ppid pgrp session comm cmdline state uid threads fds orphan finding");
        Assert.Equal(hang.Id, processes[1].GetProperty("finding").GetString());
        Assert.Equal("S", processes[1].GetProperty("state").GetString());
        Assert.Equal(2, processes[2].GetProperty("fds").GetInt32());
        Assert.Equal(JsonValueKind.Null, processes[0].GetProperty("finding").ValueKind);
    }

    [Fact]
    public async Task Tree_InThePast_IsAGapWithItsReason()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin();

        JsonElement tree = await server.Get("/api/v1/hosts/host-a/tree?at=2026-05-18T00:00:00%2B02:00");

        Assert.True(tree.GetProperty("gap").GetBoolean());
        Assert.Equal("no history of process trees is kept yet", tree.GetProperty("gapReason").GetString());
        Assert.Equal(DateTimeOffset.Parse("2026-05-17T22:00:00Z"), tree.GetProperty("at").GetDateTimeOffset());
        Assert.Empty(tree.GetProperty("processes").EnumerateArray());
    }

    [Fact]
    public async Task Process_Asked_HasThreadsAndFdTable()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin(Samples.Hang());

        JsonElement process = await server.Get("/api/v1/hosts/host-a/processes/101");

        AssertHas(process.GetProperty("threadList")[0], "tid comm wait bounded resource wchan syscall housekeeping waitedSeconds");
        Assert.Equal("no", process.GetProperty("threadList")[0].GetProperty("bounded").GetString());
        Assert.Equal([1, 4], process.GetProperty("fdTable").EnumerateArray().Select(f => f.GetProperty("fd").GetInt32()));
    }

    [Fact]
    public async Task Episodes_Paged_AreEachThereOnce()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin([.. Enumerable.Range(0, 7).Select(i => Samples.Hang(pid: 100 + i * 10))]);

        List<string> ids = [];
        string? cursor = null;
        do
        {
            JsonElement page = await server.Get($"/api/v1/episodes?limit=3&cursor={cursor}");
            Assert.InRange(page.GetProperty("items").GetArrayLength(), 1, 3);
            ids.AddRange(page.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("id").GetString()!));
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);

        Assert.Equal(7, ids.Count);
        Assert.Equal(7, ids.Distinct().Count());
    }

    [Theory]
    [InlineData("class=deadlock", 1)]
    [InlineData("class=orphan", 0)]
    [InlineData("rule=eof-held-by-duplicate", 1)]
    [InlineData("rule=stuck-set", 0)]
    [InlineData("host=host-a", 1)]
    [InlineData("host=host-b", 0)]
    [InlineData("since=2020-01-01T00:00:00Z", 1)]
    [InlineData("until=2020-01-01T00:00:00Z", 0)]
    [InlineData("state=ended", 0)]
    public async Task Episodes_Filtered_AreThoseAskedFor(string filter, int count)
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin(Samples.Hang());

        Assert.Equal(count, (await server.Items("/api/v1/episodes?" + filter)).Length);
    }

    [Fact]
    public async Task Fingerprints_TwoEpisodesOfOneShape_AreOneAndTellWhatLooksLikeIt()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent a = await server.Connect("host-a");
        await a.Begin(Samples.Hang(), Samples.Hang(pid: 300, moreFds: 2));
        await using TestAgent b = await server.Connect("host-b");
        await b.Begin(Samples.Hang(pid: 2000));

        JsonElement[] fingerprints = await server.Items("/api/v1/fingerprints?state=new");
        Assert.Equal(2, fingerprints.Length);
        JsonElement shared = Assert.Single(fingerprints, f => f.GetProperty("episodes").GetInt32() == 2);
        AssertHas(shared, "shape family title state firstSeen lastSeen episodes openEpisodes hosts days");
        Assert.Equal(2, shared.GetProperty("hosts").GetInt32());
        Assert.Equal("EOF held by duplicate: child, test", shared.GetProperty("title").GetString());
        JsonElement day = Assert.Single(shared.GetProperty("days").EnumerateArray());
        Assert.Equal(2, day.GetProperty("count").GetInt32());

        JsonElement detail = await server.Get($"/api/v1/fingerprints/{shared.GetProperty("shape").GetString()}");
        Assert.Contains("deadlock", detail.GetProperty("text").GetString());
        JsonElement similar = Assert.Single(detail.GetProperty("similar").EnumerateArray());
        Assert.InRange(similar.GetProperty("similarity").GetDouble(), 0.3, 0.999);
    }

    [Fact]
    public async Task Compare_TwoEpisodes_TellsSameShapeAndFeatures()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        Finding first = Samples.Hang(), again = Samples.Hang(pid: 300), other = Samples.Hang(pid: 500, childName: "service");
        await agent.Begin(first, again, other);
        Dictionary<string, string> ids = (await server.Items("/api/v1/episodes")).ToDictionary(e => e.GetProperty("summary").GetString()!, e => e.GetProperty("id").GetString()!);

        JsonElement same = await server.Get($"/api/v1/compare?a={ids[first.Summary]}&b={ids[again.Summary]}");
        JsonElement different = await server.Get($"/api/v1/compare?a={ids[first.Summary]}&b={ids[other.Summary]}");

        Assert.True(same.GetProperty("sameShape").GetBoolean());
        Assert.Equal(1, same.GetProperty("similarity").GetDouble());
        Assert.False(different.GetProperty("sameShape").GetBoolean());
        Assert.Contains(different.GetProperty("features").EnumerateArray(), f => f.GetProperty("in").GetString() == "a" && f.GetProperty("feature").GetString()!.Contains("child"));
    }

    [Theory]
    [InlineData("/api/v1/episodes?limit=1001", 400)]
    [InlineData("/api/v1/episodes?limit=x", 400)]
    [InlineData("/api/v1/episodes?cursor=!!", 400)]
    [InlineData("/api/v1/episodes?state=maybe", 400)]
    [InlineData("/api/v1/episodes?class=hang", 400)]
    [InlineData("/api/v1/episodes?since=yesterday", 400)]
    [InlineData("/api/v1/fingerprints?state=4", 400)]
    [InlineData("/api/v1/compare?a=x", 400)]
    [InlineData("/api/v1/compare?a=x&b=y", 404)]
    [InlineData("/api/v1/episodes/nope", 404)]
    [InlineData("/api/v1/fingerprints/nope", 404)]
    [InlineData("/api/v1/hosts/nope/tree", 404)]
    [InlineData("/api/v1/hosts/nope/processes/1", 404)]
    [InlineData("/api/v1/nothing/here", 404)]
    [InlineData("/openapi/v2.json", 404)]
    public async Task Api_AskedWrongly_AnswersProblemDetails(string path, int status)
    {
        await using TestServer server = await TestServer.Start();

        await AssertProblem(await server.Api.GetAsync(path, Cancellation), status);
    }

    [Theory]
    [InlineData("/api/v1/episodes", "GET")]
    [InlineData("/api/v1/hosts/host-a/tree", "GET")]
    [InlineData("/metrics", "GET")]
    [InlineData("/healthz", "GET")]
    [InlineData("/openapi/v1.json", "GET")]
    [InlineData("/api/v1/login-links", "POST")]
    [InlineData("/api/v1/guard-runs", "POST")]
    public async Task Api_AskedWithAnotherMethod_Answers405AndNamesTheRightOne(string path, string allowed)
    {
        await using TestServer server = await TestServer.Start();

        HttpResponseMessage answer = await server.Api.SendAsync(new HttpRequestMessage(HttpMethod.Delete, path), Cancellation);

        await AssertProblem(answer, 405);
        Assert.Equal([allowed], answer.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("/api/v1/hosts")]
    [InlineData("/api/v1/nothing/here")]
    [InlineData("/metrics")]
    [InlineData("/hubs/agent")]
    public async Task Api_WithoutOrWithAWrongToken_Answers401AsProblemWithoutARedirect(string path)
    {
        await using TestServer server = await TestServer.Start();
        string others = path.StartsWith("/hubs", StringComparison.Ordinal) ? server.Api.DefaultRequestHeaders.Authorization!.Parameter! : server.AgentToken;
        foreach (string? token in new[] { null, "wrong", others })
        {
            using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = server.Address };
            if (token is not null)
                client.DefaultRequestHeaders.Add("Authorization", "Bearer " + token);

            await AssertProblem(await client.GetAsync(path, Cancellation), 401);
        }
    }

    [Fact]
    public async Task Health_WithoutToken_Answers()
    {
        await using TestServer server = await TestServer.Start();
        using var client = new HttpClient { BaseAddress = server.Address };

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/readyz", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Metrics_WithToken_CountWhatWasIngested()
    {
        await using TestServer server = await TestServer.Start();
        await using TestAgent agent = await server.Connect();
        await agent.Begin(Samples.Hang());

        string[] lines = (await server.Api.GetStringAsync("/metrics", Cancellation)).Split('\n');

        Assert.Contains("orphanboard_hosts{state=\"online\"} 1", lines);
        Assert.Contains("orphanboard_open_findings{class=\"deadlock\"} 1", lines);
        Assert.Contains("orphanboard_frames_total{kind=\"keyframe\"} 1", lines);
    }

    [Fact]
    public async Task OpenApi_Document_DescribesEveryCallOfTheContract()
    {
        await using TestServer server = await TestServer.Start();

        JsonElement paths = (await server.Get("/openapi/v1.json")).GetProperty("paths");

        string[] contract =
        [
            "/healthz", "/readyz", "/metrics", "/api/v1/hosts", "/api/v1/hosts/{id}/tree", "/api/v1/hosts/{id}/processes/{pid}",
            "/api/v1/episodes", "/api/v1/episodes/{id}", "/api/v1/fingerprints", "/api/v1/fingerprints/{shape}", "/api/v1/compare", "/api/v1/login-links", "/api/v1/guard-runs",
        ];
        Assert.Equal(contract.Order(), paths.EnumerateObject().Select(p => p.Name).Order());
        foreach (JsonProperty call in paths.EnumerateObject().SelectMany(p => p.Value.EnumerateObject()))
        {
            Assert.NotEmpty(call.Value.GetProperty("summary").GetString()!);
            if (call.Value.TryGetProperty("parameters", out JsonElement parameters))
                Assert.All(parameters.EnumerateArray(), p =>
                {
                    Assert.NotEmpty(p.GetProperty("description").GetString()!);
                    Assert.Matches("^[a-z]+$", p.GetProperty("name").GetString()!);
                });
        }
    }

    private static void AssertHas(JsonElement element, string names) =>
        Assert.All(names.Split(' '), name => Assert.True(element.TryGetProperty(name, out _), $"'{name}' is missing in {element}"));

    private static async Task AssertProblem(HttpResponseMessage answer, int status)
    {
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        JsonElement problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
    }
}
