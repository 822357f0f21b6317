using System.Threading.Channels;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Streaming;

/// <summary>
/// Brings looks to the server. Each connection begins with hello and a keyframe; then each look sends its findings, where they changed, and
/// what else changed. While the server is away the newest look waits, and says everything when it is back.
/// </summary>
public sealed class ServerStream(Uri server, string token, Hello hello, TimeProvider time, Backoff backoff, TextWriter log)
{
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(2);

    // One look: a newer one holds all that an older one did.
    private readonly Channel<Keyframe> _looks = Channel.CreateBounded<Keyframe>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly FrameSequence _sequence = new();
    private string? _lastSaid;

    public void Offer(Keyframe look) => _looks.Writer.TryWrite(look);

    /// <summary>Streams until it is cancelled, and then says goodbye.</summary>
    /// <exception cref="RefusedException">The server does not take this agent.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await StreamAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not RefusedException)
            {
                Say($"{server} cannot be reached ({Reason(e)}); looking on and trying again");
            }
            await Task.Delay(backoff.Next(), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StreamAsync(CancellationToken stop)
    {
        await using ServerConnection connection = await ServerConnection.OpenAsync(server, token, _sequence, time, stop);
        await connection.PushAsync(FrameKind.Hello, hello, WireJson.Default.Hello, stop);
        Say($"streaming to {server}");
        backoff.Reset();
        Keyframe? known = null;
        try
        {
            await foreach (Keyframe look in _looks.Reader.ReadAllAsync(stop))
                known = await SendAsync(connection, known, look, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(GoodbyeTime, time);
            await connection.SayGoodbyeAsync(limit.Token);
            throw;
        }
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
        while (error.InnerException is { } inner)
            error = inner;
        return Shared.Text.VisibleText.Of(error.Message);
    }
}
