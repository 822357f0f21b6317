using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrphanBoard.Server.Tests.Support;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Tests.Guarding;

/// <summary>Bodies that a hostile host may send: each is refused with problem details, and nothing of it is kept.</summary>
public sealed class GuardRunLimitTests
{
    private static readonly GuardRun Good = Runs.Of(DateTimeOffset.UtcNow, Samples.Hang());

    public static TheoryData<string, string> BadParts => new()
    {
        { "runId", "\"00000000-0000-0000-0000-000000000000\"" },
        { "runId", "\"x\"" },
        { "host", "null" },
        { "host", """{"id":"../../etc","name":"a","bootId":"0c7a3d5e-6f7b-4a3c-9d53-0d4b4e8f1a01","kernel":"6","architecture":"x"}""" },
        { "host", """{"id":"a","name":"a","bootId":"none","kernel":"6","architecture":"x"}""" },
        { "agentVersion", "null" },
        { "command", "null" },
        { "command", "[]" },
        { "command", "[null]" },
        { "command", "\"cargo test\"" },
        { "job", """{"system":"x","url":"http://x"}""" },
        { "exitCode", "-1" },
        { "exitCode", "4711" },
        { "endedBy", "\"<b>\"" },
        { "endedBy", "null" },
        { "startedAt", "\"9999-12-31T23:59:59Z\"" },
        { "startedAt", "\"0001-01-01T00:00:00Z\"" },
        { "takenAt", "\"yesterday\"" },
        { "findings", "null" },
        { "findings", "[null]" },
        { "findings", "[{}]" },
        { "ended", "null" },
        { "ended", "[null]" },
        { "ended", """[{"id":"another","reason":"exited"}]""" },
        { "ended", """[{"id":"f-100-Deadlock","reason":"reboot"}]""" },
    };

    [Theory]
    [MemberData(nameof(BadParts))]
    public async Task Body_PartIsBad_Answers400AndKeepsNothing(string name, string value)
    {
        await using TestServer server = await TestServer.Start();
        JsonObject body = JsonSerializer.SerializeToNode(Good, WireJson.Default.GuardRun)!.AsObject();
        body[name] = JsonNode.Parse(value);

        await AssertRefused(server, await server.Post(Encoding.UTF8.GetBytes(body.ToJsonString())), HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"runId\":")]
    [InlineData("\0\0\0\0")]
    public async Task Body_IsNoRun_Answers400(string body)
    {
        await using TestServer server = await TestServer.Start();

        await AssertRefused(server, await server.Post(Encoding.UTF8.GetBytes(body)), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Body_PartIsTooLong_Answers400()
    {
        await using TestServer server = await TestServer.Start();
        string word = new('x', 10_000);
        GuardRun[] runs =
        [
            Good with { Command = ["a", word] },
            Good with { Commit = word },
            Good with { Branch = word },
            Good with { Job = Good.Job! with { Url = word } },
            Good with { Job = Good.Job! with { Cookie = word } },
            Good with { Findings = [.. Enumerable.Range(0, GuardRun.MaxFindings + 1).Select(i => Good.Findings[0] with { Id = $"{i}" })], Ended = [] },
            Good with { Findings = [Good.Findings[0], Good.Findings[0]] },
            Good with { Findings = [Good.Findings[0] with { Fingerprint = Good.Findings[0].Fingerprint with { Shape = "../../x" } }] },
        ];
        foreach (GuardRun run in runs)
            await AssertRefused(server, await server.Post(run), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Body_LargerThanIsTaken_Answers413()
    {
        await using TestServer server = await TestServer.Start();

        await AssertRefused(server, await server.Post(new byte[GuardRun.MaxBytes + 1]), HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Token_NotTheAgents_Answers401()
    {
        await using TestServer server = await TestServer.Start();
        foreach (string token in (string[])["wrong", "", server.Api.DefaultRequestHeaders.Authorization!.Parameter!])
            await AssertRefused(server, await server.Post(Good, token), HttpStatusCode.Unauthorized);
    }

    private static async Task AssertRefused(TestServer server, HttpResponseMessage answer, HttpStatusCode status)
    {
        string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        string detail = JsonElement.Parse(text).GetProperty("detail").GetString()!;
        Assert.NotEmpty(detail);
        Assert.DoesNotContain('\n', detail);
        Assert.Empty(await server.Items("/api/v1/episodes"));
        Assert.Empty(await server.Items("/api/v1/hosts"));
    }
}
