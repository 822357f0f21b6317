using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;

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
            using JsonDocument targets = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(limit), default, limit);
            if (targets.RootElement.Items() is not [var first, ..] || first.Text("webSocketDebuggerUrl") is not { } address || !Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || !uri.IsLoopback || uri.Port != port)
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

    /// <summary>Null: another process answered, or the question threw.</summary>
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
        await _socket.SendAsync(Request(++_id, expression), WebSocketMessageType.Text, true, limit);
        while (true)
        {
            using JsonDocument reply = JsonDocument.Parse(await ReceiveAsync(limit));
            if (reply.RootElement.Integer("id") == _id)
                return reply.RootElement.Field("result")?.Field("result")?.Field("value") is { ValueKind: JsonValueKind.Object } value ? NodeAnswer.Of(value) : null;
        }
    }

    private static byte[] Request(int id, string expression)
    {
        using var request = new MemoryStream();
        using (var writer = new Utf8JsonWriter(request))
        {
            writer.WriteStartObject();
            writer.WriteNumber("id"u8, id);
            writer.WriteString("method"u8, "Runtime.evaluate"u8);
            writer.WriteStartObject("params"u8);
            writer.WriteString("expression"u8, expression);
            writer.WriteBoolean("returnByValue"u8, true);
            writer.WriteBoolean("includeCommandLineAPI"u8, true);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        return request.ToArray();
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
