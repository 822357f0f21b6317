using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using OrphanBoard.Server.Alerts;
using OrphanBoard.Server.Tests.Support;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Server.Tests.Alerts;

public sealed class WebhookTests
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task Message_NewShape_IsToldOnceWhateverComesOfIt()
    {
        await using Receiver chat = await Receiver.Start();
        await using TestServer server = await TestServer.Start(_time, s => chat.Settings(s));
        await using (TestAgent agent = await Connect(server))
        {
            await agent.Begin(Samples.Hang());
            await _time.TurnUntil(chat.Next(), Step);

            // The same shape again, elsewhere and later, and a restart.
            await agent.Opened(Samples.Hang(pid: 500));
            await agent.Ended(Samples.Hang(), "exited");
        }
        await server.Restart();
        await using TestAgent other = await Connect(server, "host-b");
        await other.Begin(Samples.Hang(pid: 900));

        // Another shape shows that messages still come, and that none was in front of it.
        await other.Opened(Samples.Hang(pid: 950, childName: "service"));
        Received next = await _time.TurnUntil(chat.Next(), Step);
        Assert.Contains("service", next.Body);
        Assert.Equal(0, chat.Waiting);
    }

    [Fact]
    public async Task Message_Generic_IsASignedStandardWebhook()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(32);
        await using Receiver chat = await Receiver.Start();
        await using TestServer server = await TestServer.Start(_time, s => chat.Settings(s, WebhookKind.Generic, secret));
        await using TestAgent agent = await Connect(server);
        Finding hang = Samples.Hang();
        await agent.Begin(hang);

        Received message = await _time.TurnUntil(chat.Next(), Step);

        string signed = $"{message.Headers["webhook-id"]}.{message.Headers["webhook-timestamp"]}.{message.Body}";
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(signed))), message.Headers["webhook-signature"]);
        JsonElement body = JsonElement.Parse(message.Body);
        Assert.Equal("hang.new", body.GetProperty("type").GetString());
        JsonElement data = body.GetProperty("data");
        Assert.Equal(hang.Summary, data.GetProperty("summary").GetString());
        Assert.Equal(hang.Fingerprint.Shape, data.GetProperty("fingerprint").GetProperty("shape").GetString());
        string id = Assert.Single(await server.Items("/api/v1/episodes")).GetProperty("id").GetString()!;
        Assert.Equal($"{server.Address}findings/{id}", data.GetProperty("url").GetString());
    }

    [Fact]
    public async Task Message_ReceiverFails_IsSentAgainUnderTheSameId()
    {
        await using Receiver chat = await Receiver.Start();
        chat.Answers.Enqueue(r => r.StatusCode = 500);
        chat.Answers.Enqueue(r => r.Redirect("http://169.254.169.254/"));
        await using TestServer server = await TestServer.Start(_time, s => chat.Settings(s));
        await using TestAgent agent = await Connect(server);
        await agent.Begin(Samples.Hang());

        Received first = await _time.TurnUntil(chat.Next(), Step);
        Received second = await _time.TurnUntil(chat.Next(), Step);
        Received third = await _time.TurnUntil(chat.Next(), Step);

        Assert.Equal(first.Headers["webhook-id"], second.Headers["webhook-id"]);
        Assert.Equal(first.Headers["webhook-id"], third.Headers["webhook-id"]);
    }

    [Fact]
    public async Task Message_RestartBeforeItWasDelivered_IsStillDelivered()
    {
        await using Receiver chat = await Receiver.Start();
        chat.Answers.Enqueue(r => r.StatusCode = 503);
        await using TestServer server = await TestServer.Start(_time, s => chat.Settings(s));
        await using TestAgent agent = await Connect(server);
        await agent.Begin(Samples.Hang());
        Received failed = await _time.TurnUntil(chat.Next(), Step);

        await server.Restart();

        Received delivered = await _time.TurnUntil(chat.Next(), Step);
        Assert.Equal(failed.Headers["webhook-id"], delivered.Headers["webhook-id"]);
    }

    [Fact]
    public async Task Message_Gone_DisablesTheEndpointOverRestarts()
    {
        await using Receiver gone = await Receiver.Start();
        await using Receiver chat = await Receiver.Start();
        gone.Answers.Enqueue(r => r.StatusCode = StatusCodes.Status410Gone);
        await using TestServer server = await TestServer.Start(_time, s => gone.Settings(s) with
        {
            Webhooks = [new("gone", WebhookKind.Generic, gone.Url, null), new("chat", WebhookKind.Generic, chat.Url, null)],
        });
        await using (TestAgent agent = await Connect(server))
            await agent.Begin(Samples.Hang());
        await _time.TurnUntil(gone.Next(), Step);
        await _time.TurnUntil(chat.Next(), Step);
        await server.Restart();

        await using TestAgent again = await Connect(server);
        await again.Begin(Samples.Hang(), Samples.Hang(pid: 500, childName: "service"));

        await _time.TurnUntil(chat.Next(), Step);
        Assert.Equal(0, gone.Waiting);
    }

    [Fact]
    public async Task Message_Hazard_IsNotTold()
    {
        await using Receiver chat = await Receiver.Start();
        await using TestServer server = await TestServer.Start(_time, s => chat.Settings(s));
        await using TestAgent agent = await Connect(server);
        await agent.Begin(Samples.Hang(findingClass: FindingClass.Hazard, childName: "hazard"), Samples.Hang(pid: 500));

        Received only = await _time.TurnUntil(chat.Next(), Step);

        Assert.DoesNotContain("hazard", only.Body);
        Assert.Equal(0, chat.Waiting);
    }

    [Fact]
    public async Task Message_SeenAsAnotherFindingAtOnce_IsToldAsThatOneOnly()
    {
        await using Receiver chat = await Receiver.Start();
        await using TestServer server = await TestServer.Start(_time, s => chat.Settings(s));
        await using TestAgent agent = await Connect(server);
        Finding first = Samples.Hang(childName: "half-seen");
        await agent.Begin(first);

        await agent.Findings(new(_time.GetUtcNow(), [Samples.Hang(pid: 100, childName: "whole") with { Id = "f-whole" }], [new(first.Id, "changed")]));

        Received told = await _time.TurnUntil(chat.Next(), Step);
        Assert.Contains("whole", told.Body);
        Assert.Equal(0, chat.Waiting);
    }

    [Fact]
    public async Task Message_Slack_HasBlocksAndNoLiveMentions()
    {
        await using Receiver chat = await Receiver.Start();
        await using TestServer server = await TestServer.Start(_time, s => chat.Settings(s, WebhookKind.Slack));
        await using TestAgent agent = await Connect(server);
        await agent.Begin(Samples.Hang() with { Summary = "<!channel> <@U1> a & b \u202e" + new string('x', 5000), Explanation = [.. Enumerable.Repeat("<!here> " + new string('y', 900), 40)] });

        Received message = await _time.TurnUntil(chat.Next(), Step);

        JsonElement body = JsonElement.Parse(message.Body);
        Assert.NotEmpty(body.GetProperty("text").GetString()!);
        JsonElement[] blocks = [.. body.GetProperty("blocks").EnumerateArray()];
        Assert.InRange(blocks.Length, 3, 50);
        Assert.Equal("header", blocks[0].GetProperty("type").GetString());
        string decoded = string.Concat(Strings(body));
        Assert.DoesNotContain("<!", decoded);
        Assert.DoesNotContain("<@", decoded);
        Assert.DoesNotContain('\u202e', decoded);
        Assert.Contains("/findings/", decoded);
        Assert.True(Strings(body).All(s => s.Length <= 3000));
        Assert.True(Encoding.UTF8.GetByteCount(message.Body) <= 20_000);
    }

    private static IEnumerable<string> Strings(JsonElement e) => e.ValueKind switch
    {
        JsonValueKind.String => [e.GetString()!],
        JsonValueKind.Array => e.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => e.EnumerateObject().SelectMany(p => Strings(p.Value)),
        _ => [],
    };

    private async Task<TestAgent> Connect(TestServer server, string host = "host-a")
    {
        TestAgent agent = await server.Connect(host);
        agent.Time = _time;
        return agent;
    }
}
