using System.Collections.Immutable;
using System.Threading.Channels;
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

    // One look: a newer one holds all that an older one did.
    private readonly Channel<Keyframe> _looks = Channel.CreateBounded<Keyframe>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly PassedFindings _passed = new();
    private readonly FrameSequence _sequence = new();
    private string? _lastSaid;

    public void Offer(Keyframe look)
    {
        _passed.Observe(look);
        _looks.Writer.TryWrite(look);
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
        await connection.PushAsync(FrameKind.Hello, hello, WireJson.Default.Hello, abandon);
        Say($"streaming to {_name}");
        backoff.Reset();
        Keyframe? known = null;
        await foreach (Keyframe look in _looks.Reader.ReadAllAsync(abandon))
        {
            ImmutableArray<PassedFinding> passed = _passed.Waiting;
            // Of what the server knew to be open it hears anyway.
            ImmutableArray<PassedFinding> untold = [.. passed.Where(p => known is null || known.Findings.All(f => f.Id != p.Finding.Id))];
            known = await SendAsync(connection, known, look, abandon);
            if (known is null)
                continue;
            if (!untold.IsEmpty)
                known = await SendPassedAsync(connection, known, untold, abandon);
            _passed.Forget(passed);
        }
        await connection.SayGoodbyeAsync(abandon);
    }

    /// <summary>Sends what leads from <paramref name="known"/> to <paramref name="look"/>; what the server knows then.</summary>
    private static async Task<Keyframe?> SendAsync(ServerConnection connection, Keyframe? known, Keyframe look, CancellationToken stop)
    {
        if (known is not null)
        {
            if (FindingsDelta.Between(known, look) is { } changes)
            {
                StreamAnswer told = await connection.PushAsync(FrameKind.Findings, changes, WireJson.Default.FindingChanges, stop);
                known = told.NeedKeyframe ? null : LiveStateDelta.Apply(known, changes);
            }
            if (known is not null)
            {
                Delta delta = LiveStateDelta.Between(known, look.TakenAt, look.Visibility, look.Processes);
                StreamAnswer answer = await connection.PushAsync(FrameKind.Delta, delta, WireJson.Default.Delta, stop);
                if (!answer.NeedKeyframe)
                    return LiveStateDelta.Apply(known, delta);
            }
        }
        StreamAnswer taken = await connection.PushAsync(FrameKind.Keyframe, look, WireJson.Default.Keyframe, stop);
        return taken.NeedKeyframe ? null : look;
    }

    /// <summary>Tells of findings that began and ended without the server: first that they were there, then how they ended.</summary>
    private static async Task<Keyframe?> SendPassedAsync(
        ServerConnection connection, Keyframe known, ImmutableArray<PassedFinding> passed, CancellationToken stop)
    {
        var opened = new FindingChanges(passed[^1].LastSeen, [.. passed.Select(p => p.Finding)], []);
        var ended = new FindingChanges(known.TakenAt, [], [.. passed.Select(p => p.End)]);
        foreach (FindingChanges changes in new[] { opened, ended })
        {
            StreamAnswer answer = await connection.PushAsync(FrameKind.Findings, changes, WireJson.Default.FindingChanges, stop);
            if (answer.NeedKeyframe)
                return null;
        }
        return known;
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
