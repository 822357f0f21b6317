using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using OrphanBoard.Server.Alerts;
using OrphanBoard.Server.Tests.Support;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Tests.Guarding;

public sealed class GuardRunMessageTests
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly Finding _hang = Samples.Hang();

    [Fact]
    public async Task Message_NewShape_NamesCommandJobAndCommit_Once()
    {
        await using Receiver chat = await Receiver.Start();
        await using TestServer server = await TestServer.Start(_time, s => chat.Settings(s));
        GuardRun run = Runs.Of(_time.GetUtcNow(), _hang);
        await server.Tell(run);
        await server.Tell(run);

        Received message = await _time.TurnUntil(chat.Next(), Step);

        JsonElement guard = JsonElement.Parse(message.Body).GetProperty("data").GetProperty("guard");
        Assert.Equal(run.Command, guard.GetProperty("command").EnumerateArray().Select(a => a.GetString()));
        Assert.Equal(run.Job!.Url, guard.GetProperty("job").GetProperty("url").GetString());
        Assert.Equal(run.Commit, guard.GetProperty("commit").GetString());

        // Another shape shows that nothing else was in front of it.
        await server.Tell(Runs.Of(_time.GetUtcNow(), Samples.Hang(pid: 900, childName: "service")));
        Assert.Contains("service", (await _time.TurnUntil(chat.Next(), Step)).Body);
        Assert.Equal(0, chat.Waiting);
    }

    [Fact]
    public async Task Message_AgentWasFaster_NamesTheRunAllTheSame()
    {
        await using Receiver chat = await Receiver.Start();
        await using TestServer server = await TestServer.Start(_time, s => chat.Settings(s));
        await using TestAgent agent = await server.Connect();
        agent.Time = _time;
        await agent.Begin(_hang);

        await server.Tell(Runs.Of(_time.GetUtcNow(), _hang));

        Received message = await _time.TurnUntil(chat.Next(), Step);
        Assert.Equal("acme/shop / unit #4711", JsonElement.Parse(message.Body).GetProperty("data").GetProperty("guard").GetProperty("job").GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("https://ci.test/job/1?a=1&b=2", "<https://ci.test/job/1?a=1&amp;b=2|CI, &lt;!channel&gt;>")]
    [InlineData("javascript:alert(1)", "CI, &lt;!channel&gt;")]
    [InlineData("https://ci.test/|x>", "<https://ci.test/%7Cx%3E|CI, &lt;!channel&gt;>")]
    public async Task Message_Slack_LinksToTheJobAndToNothingElse(string url, string shown)
    {
        await using Receiver chat = await Receiver.Start();
        await using TestServer server = await TestServer.Start(_time, s => chat.Settings(s, WebhookKind.Slack));
        await server.Tell(Runs.Of(_time.GetUtcNow(), _hang) with { Command = ["<!here>", "a\u202eb"], Job = new GuardedJob("CI", "<!channel>", url, null) });

        Received message = await _time.TurnUntil(chat.Next(), Step);

        string[] fields = [.. JsonElement.Parse(message.Body).GetProperty("blocks")[2].GetProperty("fields").EnumerateArray().Select(f => f.GetProperty("text").GetString()!)];
        Assert.Contains($"*Job*\n{shown}", fields);
        Assert.Contains("*Command*\n&lt;!here&gt; a\\u202eb", fields);
        Assert.Contains("*Commit*\n335dbfa0c1d2e3f4a5b6c7d8e9f00112233445566 on main", fields);
    }
}
