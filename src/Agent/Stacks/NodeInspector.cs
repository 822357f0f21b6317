using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrphanBoard.Agent.Stacks;

/// <summary>A session with the inspector of one Node process. Source: https://nodejs.org/api/inspector.html, the Chrome DevTools Protocol, Runtime.evaluate.</summary>
internal sealed class NodeInspector : IDisposable
{
    private const int MaxBytes = 1024 * 1024;

    /// <summary>How long it may take to close.</summary>
    private static readonly TimeSpan Closing = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Asked between two steps of what the process does, also in Atomics.wait, so that its stack lies below: the first two frames are ours. What it changes it puts back.
    /// The report is asked for its handles only: it has the environment too. PID: whoever answers must be the process that was asked.
    /// </summary>
    private const string Question = """
        (() => {
          if (process.pid !== PID) return null;
          const { stackTraceLimit, prepareStackTrace } = Error, report = process.report ?? {}, { excludeNetwork } = report;
          try {
            Error.stackTraceLimit = 64;
            Error.prepareStackTrace = (_, sites) => sites.slice(2).map(site => ({ function: site.getFunctionName(), file: site.getFileName(), line: site.getLineNumber() }));
            report.excludeNetwork = true;
            return { stack: new Error().stack, handles: report.getReport?.().libuv, resources: process.getActiveResourcesInfo?.() };
          } finally {
            Object.assign(Error, { stackTraceLimit, prepareStackTrace });
            report.excludeNetwork = excludeNetwork;
          }
        })()
        """;

    // A proxy of the environment has no business on loopback.
    private readonly HttpMessageInvoker _http;
    private readonly ClientWebSocket _socket = new();
    private int _id;

    private NodeInspector(HttpMessageInvoker http) => _http = http;

    /// <exception cref="HttpRequestException">Nobody answers on that port.</exception>
    /// <exception cref="WebSocketException">It is no inspector.</exception>
    internal static async Task<NodeInspector> ConnectAsync(int port, CancellationToken limit)
    {
        var inspector = new NodeInspector(new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Closing }));
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/json/list");
            using HttpResponseMessage response = await inspector._http.SendAsync(request, limit);
            InspectorTarget[]? targets = JsonSerializer.Deserialize(await response.Content.ReadAsStreamAsync(limit), NodeJson.Default.InspectorTargetArray);
            if (targets is not [{ WebSocketDebuggerUrl: { } address }, ..] || !Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || !uri.IsLoopback || uri.Port != port)
                throw new JsonException($"port {port.ToString(CultureInfo.InvariantCulture)} names no target of its own");
            await inspector._socket.ConnectAsync(uri, inspector._http, limit);
            return inspector;
        }
        catch
        {
            inspector.Dispose();
            throw;
        }
    }

    /// <summary>Null: another process answered.</summary>
    internal async Task<NodeAnswer?> AskAsync(int pid, CancellationToken limit) =>
        await EvaluateAsync(Question.Replace("PID", pid.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), limit);

    /// <summary>Ends the session. Never throws: what cannot be closed stays open.</summary>
    /// <param name="closeInspector">The inspector as well, which was opened for this session.</param>
    internal async Task CloseAsync(bool closeInspector)
    {
        using var limit = new CancellationTokenSource(Closing);
        try
        {
            // It closes the session with itself, so there may be no answer.
            if (closeInspector)
                _ = await EvaluateAsync("require('inspector').close()", limit.Token);
            await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or JsonException or OperationCanceledException or InvalidOperationException)
        {
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _http.Dispose();
    }

    private async Task<NodeAnswer?> EvaluateAsync(string expression, CancellationToken limit)
    {
        var request = new InspectorRequest(++_id, "Runtime.evaluate", new EvaluateWords(expression, ReturnByValue: true, IncludeCommandLineAPI: true));
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(request, NodeJson.Default.InspectorRequest), WebSocketMessageType.Text, true, limit);
        while (true)
        {
            InspectorReply? reply = JsonSerializer.Deserialize(await ReceiveAsync(limit), NodeJson.Default.InspectorReply);
            if (reply?.Id == _id)
                return reply.Result?.Result?.Value;
        }
    }

    private async Task<byte[]> ReceiveAsync(CancellationToken limit)
    {
        using var message = new MemoryStream();
        byte[] room = new byte[16 * 1024];
        while (true)
        {
            WebSocketReceiveResult part = await _socket.ReceiveAsync(room, limit);
            if (part.MessageType == WebSocketMessageType.Close)
                throw new WebSocketException("it closed the session");
            message.Write(room, 0, part.Count);
            if (message.Length > MaxBytes)
                throw new WebSocketException($"its answer has more than {MaxBytes} bytes");
            if (part.EndOfMessage)
                return message.ToArray();
        }
    }
}

internal sealed record InspectorTarget(string? WebSocketDebuggerUrl);

internal sealed record InspectorRequest(int Id, string Method, EvaluateWords Params);

internal sealed record EvaluateWords(string Expression, bool ReturnByValue, bool IncludeCommandLineAPI);

internal sealed record InspectorReply(int? Id, EvaluateReply? Result);

internal sealed record EvaluateReply(RemoteValue? Result);

/// <param name="Value">Null: it threw, or there is none.</param>
internal sealed record RemoteValue(NodeAnswer? Value);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(InspectorTarget[]))]
[JsonSerializable(typeof(InspectorRequest))]
[JsonSerializable(typeof(InspectorReply))]
internal sealed partial class NodeJson : JsonSerializerContext;
