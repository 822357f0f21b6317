using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrphanBoard.Server.Alerts;
using OrphanBoard.Server.Settings;

namespace OrphanBoard.Server.Tests.Support;

public sealed record Received(IHeaderDictionary Headers, string Body);

/// <summary>A chat on loopback: answers as it is told and hands out what it was sent.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Received> _received = Channel.CreateUnbounded<Received>();

    private Receiver(WebApplication app) => _app = app;

    /// <summary>What the next requests are answered; 200 when there is none left.</summary>
    public Queue<Action<HttpResponse>> Answers { get; } = [];

    public Uri Url { get; private set; } = null!;
    public int Waiting => _received.Reader.Count;

    public static async Task<Receiver> Start()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(o => o.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        var receiver = new Receiver(builder.Build());
        receiver._app.Run(receiver.Take);
        await receiver._app.StartAsync();
        receiver.Url = new Uri(receiver._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/secret-path");
        return receiver;
    }

    public ServerSettings Settings(ServerSettings settings, WebhookKind kind = WebhookKind.Generic, params byte[] secret) => settings with
    {
        WebhookAllowList = AddressAllowList.Parse(["127.0.0.1"]),
        Webhooks = [new WebhookEndpoint("chat", kind, Url, secret.Length > 0 ? [.. secret] : null)],
    };

    public async Task<Received> Next() => await _received.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Take(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var received = new Received(context.Request.Headers, await reader.ReadToEndAsync());
        if (Answers.TryDequeue(out Action<HttpResponse>? answer))
            answer(context.Response);
        await context.Response.WriteAsync("ok");
        await context.Response.CompleteAsync();
        _received.Writer.TryWrite(received with { Headers = new HeaderDictionary(received.Headers.ToDictionary(h => h.Key, h => h.Value)) });
    }
}
