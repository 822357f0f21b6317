using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OrphanBoard.Agent.Guarding;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Tests.Guarding;

public sealed class BoardReportTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);
    private static readonly CiJob Job = new("GitLab CI", "acme/shop / unit #4711", "https://gitlab.test/1", "CI_JOB_ID=4711", "335dbfa0c1d2e3f4a5b6c7d8e9f0011223344556", "main");
    private static readonly GuardAnswer Known = new("http://board.test/", [new("f-1", "e1", "http://board.test/findings/e1", new SeenBefore(3, Start, Start))]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Send_ServerThere_TellsTheRunAndKnowsTheEpisode()
    {
        await using var board = new Board(_ => (200, "application/json", JsonSerializer.Serialize(Known, WireJson.Default.GuardAnswer)));

        BoardReport report = await Send(board.Address, Outcome(GuardEnd.Deadlock));

        Assert.Null(report.Failure);
        Assert.Equal(Known.Findings, report.Answer!.Findings);
        Request request = Assert.Single(board.Requests);
        Assert.StartsWith("POST /api/v1/guard-runs HTTP/1.1\r\n", request.Head);
        Assert.Contains("Authorization: Bearer token-1\r\n", request.Head);
        GuardRun run = request.Run;
        Assert.Equal(["cargo", "test"], run.Command);
        Assert.Equal(new GuardedJob("GitLab CI", "acme/shop / unit #4711", "https://gitlab.test/1", "CI_JOB_ID=4711"), run.Job);
        Assert.Equal((Job.Commit, Job.Branch, 86, "deadlock", "h-test"), (run.Commit, run.Branch, run.ExitCode, run.EndedBy, run.Host.Id));
        Assert.Equal((Start, Start.AddSeconds(50), Start.AddSeconds(60)), (run.StartedAt, run.TakenAt, run.EndedAt));
        Assert.Equal([new EndedFinding("f-1", "ended-by-guard")], run.Ended);
    }

    [Fact]
    public async Task Send_AnswerLost_TellsTheSameRunAgain()
    {
        await using var board = new Board(n => n switch
        {
            0 => null, // closed without an answer
            1 => (503, "application/problem+json", """{"detail":"retry later"}"""),
            _ => (200, "application/json", JsonSerializer.Serialize(Known, WireJson.Default.GuardAnswer)),
        });

        BoardReport report = await Send(board.Address, Outcome(GuardEnd.Deadlock));

        Assert.NotNull(report.Answer);
        Assert.Equal(3, board.Requests.Count);
        Assert.Single(board.Requests.Select(r => r.Run.RunId).Distinct());
    }

    [Theory]
    [InlineData(401, "text/plain", "", "the token is not accepted")]
    [InlineData(400, "application/problem+json", """{"detail":"the command is\n\u001b[31mmissing"}""", "it answered 400, the command is\\n\\x1b[31mmissing")]
    [InlineData(400, "application/problem+json", "[]", "it answered 400")]
    [InlineData(400, "application/problem+json", "{", "it answered 400")]
    [InlineData(302, "text/plain", "", "it answered 302")]
    [InlineData(200, "text/html", "<html>", "its answer is none of an OrphanBoard server")]
    [InlineData(200, "application/json", "{}", "its answer is none of an OrphanBoard server")]
    public async Task Send_NotTaken_IsOneLineAndNotTriedAgain(int status, string type, string body, string why)
    {
        await using var board = new Board(_ => (status, type, body));

        BoardReport report = await Send(board.Address, Outcome(GuardEnd.Deadlock));

        Assert.Null(report.Answer);
        Assert.Contains(why, report.Failure);
        Assert.Contains(board.Address.Authority, report.Failure);
        Assert.DoesNotContain(report.Failure!, c => char.IsControl(c));
        Assert.Single(board.Requests);
    }

    [Fact]
    public async Task Send_Cancelled_IsOneLine()
    {
        using var cancelled = new CancellationTokenSource();
        await using var board = new Board(_ =>
        {
            cancelled.Cancel();
            return null;
        });

        BoardReport report = await BoardReport.SendAsync(board.Address, "token-1", Outcome(GuardEnd.Deadlock), Job, cancelled.Token);

        Assert.NotNull(report.Failure);
    }

    [Fact]
    public async Task Send_NothingFound_AsksNobody()
    {
        await using var board = new Board(_ => (500, "text/plain", ""));

        Assert.Equal(new BoardReport(null, null), await Send(board.Address, Outcome(GuardEnd.Exited) with { Findings = [] }));
        Assert.Empty(board.Requests);
    }

    /// <summary>What is over when: guard ended the tree, it left the specimen, the command ended by itself and left others behind or not.</summary>
    [Theory]
    [InlineData(GuardEnd.Deadlock, false, false, false, "ended-by-guard")]
    [InlineData(GuardEnd.Timeout, false, false, false, "ended-by-guard")]
    [InlineData(GuardEnd.Deadlock, true, false, false, null)]
    [InlineData(GuardEnd.Exited, false, false, false, "exited")]
    [InlineData(GuardEnd.Exited, false, true, false, null)]
    [InlineData(GuardEnd.Orphans, false, true, false, null)]
    [InlineData(GuardEnd.Exited, false, true, true, "ended-by-guard")]
    public void Run_Finding_IsOverWhereItsProcessesAre(GuardEnd end, bool kept, bool left, bool reaped, string? reason)
    {
        GuardOutcome outcome = Outcome(end) with { Kept = kept, Left = left ? [new LeftProcess(7, "reader", null, null, Start, [], reaped, false)] : [] };

        GuardRun run = GuardRuns.Of(outcome, Job, Guid.NewGuid(), "0.1.0")!;

        Assert.Equal(reason is null ? [] : [new EndedFinding("f-1", reason)], run.Ended);
    }

    [Fact]
    public void Run_LongCommandAndNames_AreCutToWhatIsTaken()
    {
        string longText = string.Concat(Enumerable.Repeat("\U0001f980", 10_000));
        var job = new CiJob(longText, longText, "https://x.test/" + new string('a', 4000), longText, null, longText);

        GuardRun run = GuardRuns.Of(Outcome(GuardEnd.Deadlock) with { Command = ["make", longText, "never told"] }, job, Guid.NewGuid(), "0.1.0")!;

        Assert.InRange(run.Command.Sum(a => a.Length + 1), GuardRun.MaxCommand - 4, GuardRun.MaxCommand);
        Assert.Equal("make", run.Command[0]);
        Assert.EndsWith("\U0001f980…", run.Command[1]);
        Assert.All((string[])[run.Job!.System, run.Job.Name, run.Job.Cookie!, run.Branch!], name => Assert.InRange(name.Length, GuardRun.MaxName - 2, GuardRun.MaxName));
        Assert.Null(run.Job!.Url);
    }

    private static Task<BoardReport> Send(Uri board, GuardOutcome outcome) => BoardReport.SendAsync(board, "token-1", outcome, Job, Cancellation);

    private static GuardOutcome Outcome(GuardEnd end)
    {
        var look = new Snapshot
        {
            Host = new HostIdentity("h-test", "testhost", "11111111-2222-3333-4444-555555555555", "6.18.0", "x86_64", 100, DateTimeOffset.UnixEpoch),
            TakenAt = Start.AddSeconds(50),
            Uptime = TimeSpan.FromHours(1),
            Duration = TimeSpan.Zero,
            ObserverPid = 0,
            Processes = [],
            Reads = default!,
        };
        return new GuardOutcome
        {
            Command = ["cargo", "test"],
            Pid = 7,
            StartedAt = Start,
            Duration = TimeSpan.FromSeconds(60),
            End = end,
            ExitCode = 86,
            Findings = [Sample.Finding("f-1", 7)],
            Evidence = new Capture("0.1.0", "proc", false, look, look),
        };
    }

    private sealed record Request(string Head, byte[] Body)
    {
        public GuardRun Run => JsonSerializer.Deserialize(Body, WireJson.Default.GuardRun)!;
    }

    /// <summary>A server on loopback, one connection per request.</summary>
    private sealed class Board : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Func<int, (int Status, string Type, string Body)?> _answer;
        private readonly Task _serving;

        /// <param name="answer">What the nth request is answered; null: the connection is closed.</param>
        public Board(Func<int, (int Status, string Type, string Body)?> answer)
        {
            _answer = answer;
            _listener.Start();
            _serving = Task.Run(ServeAsync);
        }

        public Uri Address => new($"http://{_listener.LocalEndpoint}");
        public List<Request> Requests { get; } = [];

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                await using NetworkStream stream = client.GetStream();
                int number = Requests.Count;
                Requests.Add(await ReadAsync(stream));
                if (_answer(number) is not { } answer)
                    continue;
                byte[] body = Encoding.UTF8.GetBytes(answer.Body);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 {answer.Status} Said\r\nContent-Type: {answer.Type}\r\nContent-Length: {body.Length}\r\nConnection: close\r\nLocation: http://127.0.0.1:1/\r\n\r\n"));
                await stream.WriteAsync(body);
            }
        }

        private static async Task<Request> ReadAsync(NetworkStream stream)
        {
            var head = new StringBuilder();
            byte[] one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                await stream.ReadExactlyAsync(one);
                head.Append((char)one[0]);
            }
            string length = head.ToString().Split("\r\n").Single(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
            byte[] body = new byte[int.Parse(length["Content-Length: ".Length..])];
            await stream.ReadExactlyAsync(body);
            return new Request(head.ToString(), body);
        }
    }
}
