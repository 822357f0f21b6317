using System.ComponentModel;
using OrphanBoard.Server.History;
using OrphanBoard.Server.SignIn;

namespace OrphanBoard.Server.Api;

/// <summary>Kinds of hangs.</summary>
public static class FingerprintsApi
{
    public static void MapFingerprints(this IEndpointRouteBuilder api)
    {
        RouteGroupBuilder fingerprints = api.MapGroup("/fingerprints").WithTags("Fingerprints").RequireAuthorization(SignInSetup.ReadApi);
        fingerprints.MapGet("", ListFingerprints).WithName("listFingerprints").WithSummary("Fingerprints; that of the newest episode first.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        fingerprints.MapGet("/{shape}", GetFingerprint).WithName("getFingerprint").WithSummary("One fingerprint: why its episodes are one group, and what looks like it.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static Task<Page<FingerprintSummary>> ListFingerprints(
        FingerprintQueries fingerprints,
        [Description("`new`, `ongoing`, `escalating`, `regressed`, `resolved` or `archived`.")] string? state,
        [Description("Those last seen at this time or later, RFC 3339.")] string? since,
        [Description(ApiQuery.LimitText)] string? limit,
        [Description(ApiQuery.CursorText)] string? cursor,
        CancellationToken ct) =>
        fingerprints.ListFingerprints(
            new FingerprintFilter(ApiQuery.Word<FingerprintState>(state, "state"), ApiQuery.Time(since, "since")), ApiQuery.Limit(limit), ApiQuery.Cursor(cursor), ct);

    private static async Task<FingerprintDetail> GetFingerprint([Description("Shape key.")] string shape, FingerprintQueries fingerprints, CancellationToken ct) =>
        await fingerprints.FindFingerprint(shape, ct) ?? throw ApiProblemException.NotFound($"there is no fingerprint '{shape}'");
}
