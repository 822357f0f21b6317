using System.Collections.Immutable;
using System.Threading.Channels;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Text;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Streaming;

/// <summary>
/// Brings looks to the server. Each connection begins with hello and a keyframe; then each look sends its findings, where they changed, and
/// what else changed. While the server is away the newest look waits, together with the findings that have come and gone meanwhile.
/// </summary>
public sealed class ServerStream(Uri server, string token, Hello hello, TimeProvider time, Backoff backoff, TextWriter log)
{
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(2);

    private readonly string _name = server.GetLeftPart(UriPartial.Authority);

    // Says that there is a look to send; which one, and what of it, is known when it is taken.
    private readonly Channel<bool> _looks = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Unsent _unsent = new(hello.Host, hello.Agent ?? throw new ArgumentException("the hello says nothing of the agent", nameof(hello)), time);
    private readonly FrameSequence _sequence = new();
    private string? _lastSaid;

    /// <summary>Takes in a look. Does not wait for the server.</summary>
    /// <param name="findings">Those that are open.</param>
    /// <param name="orphanOf">Set for an orphan.</param>
    /// <param name="usage">What the agent says of itself.</param>
    public void Offer(
        Snapshot look, Visibility visibility, ImmutableArray<Finding> findings, Func<ProcessRecord, OrphanInfo?> orphanOf, AgentUsage usage)
    {
        _unsent.Offer(look, visibility, findings, orphanOf, usage);
        _looks.Writer.TryWrite(true);
    }

    /// <summary>No look follows the last one that was offered.</summary>
    public void EndLooks() => _looks.Writer.TryComplete();

    /// <summary>Streams until the looks end, and then says goodbye. Once it is told to stop, that may take two seconds.</summary>
    /// <exception cref="RefusedException">The server does not take this agent.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var abandon = new CancellationTokenSource();
        using CancellationTokenRegistration patience = stop.Register(() => abandon.CancelAfter(GoodbyeTime));
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await StreamAsync(abandon.Token);
                return;
            }
            catch (OperationCanceledException) when (abandon.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not RefusedException)
            {
                if (stop.IsCancellationRequested)
                    return;
                Say($"{_name} cannot be reached ({Reason(e)}); looking on and trying again");
            }
            await Task.Delay(backoff.Next(), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StreamAsync(CancellationToken abandon)
    {
        await using ServerConnection connection = await ServerConnection.OpenAsync(server, token, _sequence, time, abandon);
        Hello now = hello with { Agent = _unsent.Agent };
        await connection.PushAsync(FrameKind.Hello, now, WireJson.Default.Hello, abandon);
        Say($"streaming to {_name}");
        backoff.Reset();
        try
        {
            Keyframe? known = null;
            await foreach (bool _ in _looks.Reader.ReadAllAsync(abandon))
                known = await SendLookAsync(connection, known, abandon);
        }
        finally
        {
            // While the server is away nothing has to be kept for it: it begins with a keyframe.
            _unsent.ForgetReceiver();
        }
        await connection.SayGoodbyeAsync(abandon);
    }

    /// <summary>Sends the newest look; what the server knows then, without processes. Null: it needs a keyframe.</summary>
    private async Task<Keyframe?> SendLookAsync(ServerConnection connection, Keyframe? known, CancellationToken abandon)
    {
        Outgoing next = _unsent.Take(known);
        if (next.All is null && !await SendChangesAsync(connection, next, abandon))
        {
            _unsent.ForgetReceiver();
            next = _unsent.Take(known);
        }
        if (next.All is { } processes)
        {
            StreamAnswer answer = await connection.PushKeyframeAsync(next.Look, processes, abandon);
            if (answer.NeedKeyframe)
                return null;
        }
        if (!next.Untold.IsEmpty && !await SendPassedAsync(connection, next, abandon))
            return null;
        _unsent.Forget(next.Passed);
        return next.Look;
    }

    /// <summary>False: the server needs a keyframe instead.</summary>
    private static async Task<bool> SendChangesAsync(ServerConnection connection, Outgoing next, CancellationToken abandon)
    {
        if (next.Findings is { } findings)
        {
            StreamAnswer told = await connection.PushAsync(FrameKind.Findings, findings, WireJson.Default.FindingChanges, abandon);
            if (told.NeedKeyframe)
                return false;
        }
        StreamAnswer answer = await connection.PushAsync(FrameKind.Delta, next.Delta!, WireJson.Default.Delta, abandon);
        return !answer.NeedKeyframe;
    }

    /// <summary>Tells of findings that began and ended without the server: first that they were there, then how they ended.</summary>
    private static async Task<bool> SendPassedAsync(ServerConnection connection, Outgoing next, CancellationToken abandon)
    {
        ImmutableArray<PassedFinding> passed = next.Untold;
        var opened = new FindingChanges(passed[^1].LastSeen, [.. passed.Select(p => p.Finding)], []);
        var ended = new FindingChanges(next.Look.TakenAt, [], [.. passed.Select(p => p.End)]);
        foreach (FindingChanges changes in new[] { opened, ended })
        {
            StreamAnswer answer = await connection.PushAsync(FrameKind.Findings, changes, WireJson.Default.FindingChanges, abandon);
            if (answer.NeedKeyframe)
                return false;
        }
        return true;
    }

    /// <summary>Says a thing once, and again only when something else was said in between.</summary>
    private void Say(string line)
    {
        if (line == _lastSaid)
            return;
        _lastSaid = line;
        log.WriteLine($"orphan-agent: {line}");
    }

    private static string Reason(Exception error)
    {
        if (error is InvalidOperationException)
            return "the connection has ended"; // SignalR's word for a connection that closed between two calls
        while (error.InnerException is { } inner)
            error = inner;
        return VisibleText.Of(error.Message);
    }
}
