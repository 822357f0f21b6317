using OrphanBoard.Server.History;

namespace OrphanBoard.Server.Api;

/// <summary>For whoever supervises the server: no authentication, no detail.</summary>
public static class HealthApi
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Text("ok\n")).AllowAnonymous().WithTags("Health").WithName("isAlive")
            .WithSummary("200 as long as the server answers at all.").Produces<string>(contentType: "text/plain");
        routes.MapGet("/readyz", IsReady).AllowAnonymous().WithTags("Health").WithName("isReady")
            .WithSummary("200 when the store can be written, 503 when not.")
            .Produces<string>(contentType: "text/plain").ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>Tries to write only where the last write failed: asking costs nothing while all is well.</summary>
    private static async Task<IResult> IsReady(StoreHealth health, HistoryWriter writer, CancellationToken ct) =>
        !health.FailedLately && (health.Failure is null || await writer.Probe(ct))
            ? TypedResults.Text("ready\n")
            : TypedResults.Problem(statusCode: StatusCodes.Status503ServiceUnavailable);
}
