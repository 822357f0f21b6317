using System.Net;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Streaming;

/// <summary>The server does not take this agent: its token is wrong, or its version is not understood. It will not mend itself.</summary>
public sealed class RefusedException(string message) : Exception(message);

/// <summary>One connection to the server's hub: WebSockets only, the token in the Authorization header.</summary>
public sealed class ServerConnection : IAsyncDisposable
{
    private readonly HubConnection _hub;
    private readonly FrameSequence _sequence;
    private readonly TimeProvider _time;
    private readonly FrameEncoder _encoder = new();

    private ServerConnection(HubConnection hub, FrameSequence sequence, TimeProvider time) => (_hub, _sequence, _time) = (hub, sequence, time);

    /// <exception cref="RefusedException">The token is not accepted.</exception>
    public static async Task<ServerConnection> OpenAsync(Uri server, string token, FrameSequence sequence, TimeProvider time, CancellationToken cancellation)
    {
        IHubConnectionBuilder builder = new HubConnectionBuilder().WithUrl(new Uri(server, WireProtocol.HubPath), HttpTransportType.WebSockets, options =>
        {
            options.SkipNegotiation = true;
            options.AccessTokenProvider = () => Task.FromResult<string?>(token);
        });
        builder.AddJsonProtocol(options => options.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default));
        HubConnection hub = builder.Build();
        try
        {
            await hub.StartAsync(cancellation);
            return new ServerConnection(hub, sequence, time);
        }
        catch (Exception e)
        {
            await hub.DisposeAsync();
            if (IsRefusal(e))
                throw new RefusedException($"{server.GetLeftPart(UriPartial.Authority)}: the token is not accepted");
            throw;
        }
    }

    /// <exception cref="RefusedException">The server says that this agent must not go on.</exception>
    public Task<StreamAnswer> PushAsync<T>(FrameKind kind, T message, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        PushAsync(kind, _encoder.Encode(message, type), cancellation);

    /// <param name="rest">The keyframe but for its processes.</param>
    /// <exception cref="RefusedException">The server says that this agent must not go on.</exception>
    public Task<StreamAnswer> PushKeyframeAsync(Keyframe rest, LiveProcesses processes, CancellationToken cancellation) =>
        PushAsync(FrameKind.Keyframe, _encoder.Encode(rest, processes), cancellation);

    public Task<StreamAnswer> SayGoodbyeAsync(CancellationToken cancellation) => PushAsync(FrameKind.Goodbye, [], cancellation);

    public ValueTask DisposeAsync()
    {
        _encoder.Dispose();
        return _hub.DisposeAsync();
    }

    private async Task<StreamAnswer> PushAsync(FrameKind kind, byte[] body, CancellationToken cancellation)
    {
        var frame = new StreamFrame(_sequence.Next(), (long)Machine.SinceBoot.TotalMilliseconds, _time.GetUtcNow(), kind, body);
        StreamAnswer answer = await _hub.InvokeAsync<StreamAnswer>(WireProtocol.PushMethod, frame, cancellation);
        return answer.Refused is null ? answer : throw new RefusedException($"the server refuses this agent: {answer.Refused}");
    }

    private static bool IsRefusal(Exception error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException)
        {
            if (e is HttpRequestException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden })
                return true;
            // ClientWebSocket tells the status in words only.
            if (e is System.Net.WebSockets.WebSocketException && (e.Message.Contains("'401'", StringComparison.Ordinal) || e.Message.Contains("'403'", StringComparison.Ordinal)))
                return true;
        }
        return false;
    }
}

/// <summary>Numbers the frames of one run of the agent, over all its connections.</summary>
public sealed class FrameSequence
{
    private long _next;

    public long Next() => _next++;
}
