using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrphanBoard.Server.Settings;

namespace OrphanBoard.Server.Tests.Support;

/// <summary>The real server in this process: on a port of its own, with a store in a temporary directory that outlives restarts.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Func<ServerSettings, ServerSettings> _settings;
    private readonly TimeProvider _time;
    private RunningServer? _running;

    private TestServer(Func<ServerSettings, ServerSettings> settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
    }

    public string Directory => _directory.Path;
    public string AgentToken => File.ReadAllText(Path.Combine(Directory, "agent-token")).Trim();
    public Uri Address { get; private set; } = null!;

    /// <summary>Sends the API token.</summary>
    public HttpClient Api { get; private set; } = null!;
    public IServiceProvider Services => _running!.App.Services;
    public Task<string> LoginLink() => _running!.LoginLink();

    public static async Task<TestServer> Start(TimeProvider? time = null, Func<ServerSettings, ServerSettings>? settings = null)
    {
        var server = new TestServer(settings ?? (s => s), time ?? TimeProvider.System);
        await server.Start();
        return server;
    }

    public async Task Restart()
    {
        await Stop();
        await Start();
    }

    public Task<TestAgent> Connect(string hostId = "host-a", string? bootId = null) => TestAgent.Connect(Address, AgentToken, hostId, bootId);

    /// <summary>GET, 200, JSON.</summary>
    public async Task<JsonElement> Get(string path) => await Api.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken);

    public async Task<JsonElement[]> Items(string path) => [.. (await Get(path)).GetProperty("items").EnumerateArray()];

    public T Service<T>() where T : notnull => Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _directory.Dispose();
    }

    private async Task Start()
    {
        var settings = _settings(new ServerSettings { DataDirectory = Directory, Port = 0 });
        _running = await RunningServer.Start(settings, _time, TestContext.Current.CancellationToken);
        Address = new Uri(new Uri(await _running.LoginLink()).GetLeftPart(UriPartial.Authority));
        Api = new HttpClient { BaseAddress = Address };
        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(Directory, "api-token"))).Trim());
    }

    private async Task Stop()
    {
        Api.Dispose();
        if (_running is { } running)
            await running.DisposeAsync();
        _running = null;
    }
}

public sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = System.IO.Directory.CreateTempSubdirectory("orphanboard-test-").FullName;

    public void Dispose() => System.IO.Directory.Delete(Path, recursive: true);
}
