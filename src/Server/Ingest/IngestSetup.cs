using OrphanBoard.Server.SignIn;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Ingest;

public static class IngestSetup
{
    /// <summary>A frame in base64 within the hub protocol's JSON.</summary>
    private const int MaxMessageBytes = FrameLimits.MaxFrameBytes / 3 * 4 + 4096;

    public static IServiceCollection AddIngest(this IServiceCollection services)
    {
        services.AddSignalR().AddHubOptions<AgentHub>(o => o.MaximumReceiveMessageSize = MaxMessageBytes).AddJsonProtocol(o =>
        {
            o.PayloadSerializerOptions = new(WireJson.Default.Options);

            // A client that was set up without the wire's converters sends a kind as its number.
            o.PayloadSerializerOptions.Converters.Insert(0, new System.Text.Json.Serialization.JsonStringEnumConverter<FrameKind>(System.Text.Json.JsonNamingPolicy.KebabCaseLower));
        });
        services.AddSingleton<IngestCounters>();
        services.AddSingleton<AgentStreams>();
        services.AddHostedService<StreamTimers>();
        return services;
    }

    public static void MapIngest(this IEndpointRouteBuilder routes) =>
        routes.MapHub<AgentHub>(WireProtocol.HubPath, o => o.Transports = Microsoft.AspNetCore.Http.Connections.HttpTransportType.WebSockets)
            .RequireAuthorization(SignInSetup.PushFrames);
}
