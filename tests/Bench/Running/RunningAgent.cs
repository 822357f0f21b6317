using System.Diagnostics;

namespace OrphanBoard.Bench.Running;

/// <summary><c>orphan-agent run</c> that streams to a server of its own on an empty store.</summary>
internal sealed class RunningAgent : IDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60), Step = TimeSpan.FromMilliseconds(50);

    private readonly string _data;
    private readonly Child _server;
    private readonly Child _agent;

    private RunningAgent(string data, Child server, Child agent) => (_data, _server, _agent) = (data, server, agent);

    internal int Pid => _agent.Pid;

    internal string Said => _agent.Said;

    internal bool HasEnded => _agent.HasEnded;

    /// <summary>In place when it streams. Null, and why, where the agent ends instead.</summary>
    internal static RunningAgent? Start(Places places, string backEnd, out string whyNot)
    {
        string data = Directory.CreateTempSubdirectory("orphanboard-bench-").FullName;
        Child server = Child.Start("dotnet", places.Server, "--port", "0", "--data", data, "--exit-with-parent");
        string urlFile = Path.Combine(data, "server.url");
        WaitUntil(server, () => File.Exists(urlFile) && new FileInfo(urlFile).Length > 0);
        Child agent = Child.Start(
            places.Agent, ["run", "--server", File.ReadAllText(urlFile).Trim(), "--token-file", Path.Combine(data, "agent-token"), "--exit-with-parent", .. BackEnds.Option(backEnd)]);
        var running = new RunningAgent(data, server, agent);
        WaitUntil(agent, () => agent.HasEnded || agent.Said.Contains("streaming to", StringComparison.Ordinal));
        whyNot = "";
        if (!agent.HasEnded)
            return running;
        whyNot = agent.LastWords;
        running.Dispose();
        return null;
    }

    public void Dispose()
    {
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
