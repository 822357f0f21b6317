using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;

namespace OrphanBoard.Bench.Running;

/// <summary><c>orphan-agent run</c> that streams to a server of its own on an empty store.</summary>
internal sealed class RunningAgent : IDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60), Step = TimeSpan.FromMilliseconds(50);

    private static readonly string[] LookCounters = ["orphanboard_frames_total{kind=\"delta\"}", "orphanboard_frames_total{kind=\"keyframe\"}"];

    private readonly HttpClient _client = new();
    private readonly string _data;
    private readonly Child _server;
    private readonly Child _agent;

    private RunningAgent(string data, Child server, Child agent) => (_data, _server, _agent) = (data, server, agent);

    internal int Pid => _agent.Pid;

    internal string Said => _agent.Said;

    internal bool HasEnded => _agent.HasEnded;

    /// <summary>Looks that it has sent so far: the server counts a keyframe or a delta for each.</summary>
    internal double Looks()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{File.ReadAllText(Path.Combine(_data, "server.url")).Trim()}/metrics");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(_data, "api-token")).Trim());
        using HttpResponseMessage answer = _client.Send(request);
        answer.EnsureSuccessStatusCode();
        using var text = new StreamReader(answer.Content.ReadAsStream());
        return text.ReadToEnd().Split('\n')
            .Where(line => LookCounters.Any(counter => line.StartsWith(counter, StringComparison.Ordinal)))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>In place when its looks reach the server. Null, and why, where the agent ends instead.</summary>
    internal static RunningAgent? Start(Places places, string backEnd, out string whyNot)
    {
        string data = Directory.CreateTempSubdirectory("orphanboard-bench-").FullName;
        Child server = Child.Start("dotnet", places.Server, "--port", "0", "--data", data, "--exit-with-parent");
        string urlFile = Path.Combine(data, "server.url");
        WaitUntil(server, () => File.Exists(urlFile) && new FileInfo(urlFile).Length > 0);
        Child agent = Child.Start(
            places.Agent, ["run", "--max-cpu", "100", "--server", File.ReadAllText(urlFile).Trim(), "--token-file", Path.Combine(data, "agent-token"), "--exit-with-parent", .. BackEnds.Option(backEnd)]);
        var running = new RunningAgent(data, server, agent);
        WaitUntil(agent, () => agent.HasEnded || agent.Said.Contains("streaming to", StringComparison.Ordinal));
        whyNot = "";
        if (!agent.HasEnded)
        {
            WaitUntil(agent, () => running.Looks() >= 2);
            return running;
        }
        whyNot = agent.LastWords;
        running.Dispose();
        return null;
    }

    public void Dispose()
    {
        _client.Dispose();
        _agent.Dispose();
        _server.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private static void WaitUntil(Child child, Func<bool> isSo)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            if (child.HasEnded || Stopwatch.GetElapsedTime(begin) > StartDeadline)
                throw new InvalidOperationException($"did not start: {child.LastWords}");
            Thread.Sleep(Step);
        }
    }
}
