using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace OrphanBoard.EndToEnd.Running;

/// <summary>A chat on loopback: takes webhooks and remembers them.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<JsonElement> _messages = new();
    private readonly Task _serving;

    public WebhookReceiver()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/hook/";
        free.Stop();
        _listener.Prefixes.Add(Url);
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>orphanboard.json with this receiver as the only endpoint.</summary>
    public string Settings => $$"""
        { "webhooks": { "allow": ["127.0.0.1"], "endpoints": [{ "name": "chat", "kind": "generic", "url": "{{Url}}" }] } }
        """;

    /// <summary>Bodies that name this shape, in the order of their arrival.</summary>
    public JsonElement[] MessagesAbout(string shape) => [.. _messages.Where(message => message.GetRawText().Contains(shape, StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                _messages.Enqueue(await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.InputStream));
                context.Response.StatusCode = 204;
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Stopped.
        }
    }
}
