using Microsoft.AspNetCore.Components.Server.Circuits;
using OrphanBoard.Server.Board.Circuits;
using OrphanBoard.Server.Board.Shell;

namespace OrphanBoard.Server.Board;

/// <summary>The board: Blazor Server pages, and the static files that they and the login page use.</summary>
public static class BoardSetup
{
    /// <summary>How long the state of a browser that went away is kept for its return.</summary>
    private static readonly TimeSpan CircuitRetention = TimeSpan.FromSeconds(60);

    private const int RetainedCircuits = 50;

    public static WebApplicationBuilder AddBoard(this WebApplicationBuilder builder)
    {
        // Files of wwwroot where they are built; a published server has them beside it.
        builder.WebHost.UseStaticWebAssets();
        builder.Services.AddRazorComponents().AddInteractiveServerComponents(o =>
        {
            o.DisconnectedCircuitRetentionPeriod = CircuitRetention;
            o.DisconnectedCircuitMaxRetained = RetainedCircuits;
        });
        builder.Services.AddCascadingAuthenticationState();
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddScoped<CircuitPresence>();
        builder.Services.AddScoped<CircuitHandler>(services => services.GetRequiredService<CircuitPresence>());
        return builder;
    }

    /// <summary>After authentication and authorisation: pages and circuits are for those who are signed in, static files for everybody.</summary>
    public static void MapBoard(this WebApplication app)
    {
        app.UseAntiforgery();
        app.MapStaticAssets().AllowAnonymous();
        app.MapRazorComponents<App>()
            // The server's own policy says more than the header that Blazor would add.
            .AddInteractiveServerRenderMode(o => o.ContentSecurityFrameAncestorsPolicy = null);
    }
}
