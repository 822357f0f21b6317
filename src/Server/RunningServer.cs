using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Settings;
using OrphanBoard.Server.SignIn;

namespace OrphanBoard.Server;

/// <summary>A server that listens. Disposing it stops it and lets go of its data directory.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private readonly DataDirectory _directory;

    private RunningServer(WebApplication app, DataDirectory directory)
    {
        App = app;
        _directory = directory;
    }

    public WebApplication App { get; }

    /// <summary>A new one-time login link, good until it is used.</summary>
    public Task<string> LoginLink() => App.Services.GetRequiredService<LoginLinks>().Make(lifetime: null);

    /// <exception cref="SettingsException">The data directory, the store or the port cannot be used.</exception>
    public static async Task<RunningServer> Start(ServerSettings settings, TimeProvider time, CancellationToken ct)
    {
        DataDirectory directory = DataDirectory.Open(settings.DataDirectory);
        WebApplication? app = null;
        try
        {
            app = ServerBuilder.Build(settings, directory, time);
            await app.Services.PrepareHistory(directory.DatabaseFile, ct);
            directory.PublishAddress(await Listen(app, settings.Port, ct));
            return new RunningServer(app, directory);
        }
        catch
        {
            if (app is not null)
            {
                // What had been started before the port failed ends in order.
                await app.StopAsync(CancellationToken.None);
                await app.DisposeAsync();
            }
            directory.Dispose();
            throw;
        }
    }

    /// <returns>The address that it listens on.</returns>
    private static async Task<Uri> Listen(WebApplication app, int port, CancellationToken ct)
    {
        try
        {
            await app.StartAsync(ct);
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw new SettingsException($"port {port} on 127.0.0.1 is in use: stop what uses it, or choose another with --port N (0: any free one)");
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied)
        {
            throw new SettingsException($"port {port} on 127.0.0.1 may not be used by this user: choose another with --port N (0: any free one)");
        }
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        app.Services.GetRequiredService<ServerAddress>().ListensAt(address.Port);
        return address;
    }

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
        _directory.Dispose();
    }
}
