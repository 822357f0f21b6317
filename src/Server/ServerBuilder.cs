using System.Net;
using Microsoft.Extensions.Logging.Console;
using OrphanBoard.Server.Alerts;
using OrphanBoard.Server.Api;
using OrphanBoard.Server.Board;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Ingest;
using OrphanBoard.Server.Live;
using OrphanBoard.Server.Settings;
using OrphanBoard.Server.SignIn;

namespace OrphanBoard.Server;

/// <summary>Puts the server together: one Add and one Use or Map per feature. Nothing starts here.</summary>
public static class ServerBuilder
{
    /// <summary>How long open circuits and requests may take to end.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(3);

    public static WebApplication Build(ServerSettings settings, DataDirectory directory, TimeProvider time)
    {
        // Empty: the ASPNETCORE_* variables and appsettings files of whoever starts it have no say.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(ServerBuilder).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            WebRootPath = Path.Combine(AppContext.BaseDirectory, "wwwroot"),
            EnvironmentName = Environments.Production,
        });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.Listen(IPAddress.Loopback, settings.Port);
        });
        builder.Logging.AddSimpleConsole(o => o.SingleLine = true)
            .SetMinimumLevel(LogLevel.Warning)
            .AddFilter("OrphanBoard", LogLevel.Information)

            // A port in use is told in one line by whoever started the host; the keys lie in a directory that is the owner's alone.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
            .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);

        IServiceCollection services = builder.Services;
        services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownTimeout);
        services.AddHostFiltering(o => o.AllowedHosts = AllowedHosts(settings));
        services.AddRouting();
        services.AddSingleton(settings);
        services.AddSingleton(time);
        services.AddSingleton(new ServerAddress(settings.PublicUrl));
        services.AddScoped<CspNonce>();
        services.AddSignIn(directory);
        services.AddHistory(directory.DatabaseFile);
        services.AddSingleton<LiveHosts>();
        services.AddIngest();
        services.AddAlerts(settings);
        services.AddApi();
        builder.AddBoard();

        WebApplication app = builder.Build();
        app.UseHostFiltering();
        app.UseSecurityHeaders();
        app.UseApiProblems();
        app.UseRouting();
        app.UseWebSockets();
        app.UseOriginCheck();
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapLogin();
        app.MapIngest();
        app.MapApi(settings);
        app.MapBoard();
        return app;
    }

    /// <summary>Against DNS rebinding: a name that somebody points at 127.0.0.1 is not one of these.</summary>
    private static List<string> AllowedHosts(ServerSettings settings)
    {
        List<string> hosts = ["localhost", "127.0.0.1", "[::1]"];
        if (settings.PublicUrl is { } url)
            hosts.Add(url.Host);
        return hosts;
    }
}
