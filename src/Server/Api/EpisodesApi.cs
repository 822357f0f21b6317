using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using OrphanBoard.Server.History;
using OrphanBoard.Server.SignIn;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;

namespace OrphanBoard.Server.Api;

/// <summary>Findings over time, and two of them side by side.</summary>
public static class EpisodesApi
{
    public static void MapEpisodes(this IEndpointRouteBuilder api)
    {
        RouteGroupBuilder episodes = api.MapGroup("/episodes").WithTags("Episodes").RequireAuthorization(SignInSetup.ReadApi);
        episodes.MapGet("", ListEpisodes).WithName("listEpisodes").WithSummary("Episodes, the newest first.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        episodes.MapGet("/{id}", GetEpisode).WithName("getEpisode").WithSummary("One episode with its evidence, exactly as it was diagnosed.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/compare", Compare).WithTags("Episodes").RequireAuthorization(SignInSetup.ReadApi)
            .WithName("compareEpisodes").WithSummary("Two episodes, feature by feature; what differs comes first.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static Task<Page<EpisodeSummary>> ListEpisodes(EpisodeQueries episodes, [AsParameters] EpisodesQuery query, CancellationToken ct) =>
        episodes.ListEpisodes(query.ToFilter(), ApiQuery.Limit(query.Limit), ApiQuery.Cursor(query.Cursor), ct);

    private static async Task<EpisodeDetail> GetEpisode([Description("Episode id.")] string id, EpisodeQueries episodes, CancellationToken ct) =>
        await episodes.FindEpisode(id, ct) ?? throw ApiProblemException.NotFound($"there is no episode '{id}'");

    private static async Task<Comparison> Compare(
        [Description("Episode id.")] string? a, [Description("Episode id.")] string? b, EpisodeQueries episodes, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(a) || string.IsNullOrEmpty(b))
            throw ApiProblemException.BadRequest("name two episodes: ?a=EPISODE&b=EPISODE");
        return await episodes.Compare(a, b, ct) ?? throw ApiProblemException.NotFound($"'{a}' or '{b}' is no episode");
    }
}

/// <summary>Query parameters of <c>GET /episodes</c>.</summary>
public sealed record EpisodesQuery(
    [property: FromQuery(Name = "state"), Description("`open` or `ended`; both, if nothing is said.")] string? State,
    [property: FromQuery(Name = "class"), Description("`deadlock`, `stall`, `orphan`, `zombie`, `stopped` or `hazard`.")] string? Class,
    [property: FromQuery(Name = "rule"), Description("Rule name.")] string? Rule,
    [property: FromQuery(Name = "shape"), Description("Shape key of the fingerprint.")] string? Shape,
    [property: FromQuery(Name = "host"), Description("Host id.")] string? Host,
    [property: FromQuery(Name = "since"), Description("Those that were still there at this time or later, RFC 3339.")] string? Since,
    [property: FromQuery(Name = "until"), Description("Those that had begun before this time, RFC 3339.")] string? Until,
    [property: FromQuery(Name = "limit"), Description(ApiQuery.LimitText)] string? Limit,
    [property: FromQuery(Name = "cursor"), Description(ApiQuery.CursorText)] string? Cursor)
{
    private enum EpisodeState { Open, Ended }

    internal EpisodeFilter ToFilter() => new(
        ApiQuery.Word<EpisodeState>(State, "state") is { } state ? state == EpisodeState.Open : null,
        ApiQuery.Word<FindingClass>(Class, "class"), Rule, Shape, Host, ApiQuery.Time(Since, "since"), ApiQuery.Time(Until, "until"));
}
