using Microsoft.OpenApi;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Settings;
using OrphanBoard.Server.SignIn;

namespace OrphanBoard.Server.Api;

public static class ApiSetup
{
    private const string BearerScheme = "apiToken";

    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(o => HistoryJson.Configure(o.SerializerOptions));

        // So that the problem details can say what could not be read.
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.AddOpenApi("v1", o => o.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "OrphanBoard",
                Version = "v1",
                Description = "Hung and orphaned processes: hosts, episodes, fingerprints. Times are RFC 3339 in UTC; errors are problem details (RFC 9457).",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [BearerScheme] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = "The token in the file `api-token` of the server's data directory.",
                },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(BearerScheme, document)] = [] }];
            return Task.CompletedTask;
        }));
        return services;
    }

    public static void MapApi(this WebApplication app, ServerSettings settings)
    {
        app.MapHealth();
        app.MapMetrics(settings);
        app.MapOpenApi("/openapi/v1.json").AllowAnonymous();
        RouteGroupBuilder api = app.MapGroup("/api/v1").ProducesProblem(StatusCodes.Status401Unauthorized);
        api.MapHosts();
        api.MapEpisodes();
        api.MapFingerprints();
        api.MapLoginLinks();
        app.MapGuardRuns();
        app.MapUnknownCalls();
    }
}
