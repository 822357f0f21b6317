using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Ingest;
using OrphanBoard.Server.SignIn;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Api;

/// <summary>Where <c>orphan-agent guard</c> tells what a command came to. Not by the agents' hub: the host may have an agent of its own, whose stream goes on.</summary>
public static class GuardRunsApi
{
    public static void MapGuardRuns(this IEndpointRouteBuilder routes) =>
        routes.MapPost(GuardRun.Path, PostGuardRun).WithTags("Agents").RequireAuthorization(SignInSetup.PushFrames)
            .RequireRateLimiting(SignInSetup.GuardRunLimit)
            .WithMetadata(new RequestSizeLimitAttribute(GuardRun.MaxBytes))
            .Accepts<GuardRun>("application/json")
            .WithName("postGuardRun").WithSummary("A command ran under guard: its findings become episodes. The agents' token; the same run told again changes nothing.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task<GuardAnswer> PostGuardRun(HttpRequest request, HistoryFeed history, EpisodeQueries episodes, ServerAddress address, CancellationToken ct)
    {
        GuardRun run = await Read(request, ct);
        Dictionary<string, string> told;
        try
        {
            told = await history.GuardRan(run, ct);
        }
        catch (StoreUnavailableException e)
        {
            throw new ApiProblemException(StatusCodes.Status503ServiceUnavailable, "retry later: " + e.Message);
        }
        Uri board = await address.Public();
        var findings = new List<RememberedFinding>();
        foreach (Finding finding in run.Findings)
            if (told.TryGetValue(finding.Id, out string? episode))
                findings.Add(new RememberedFinding(finding.Id, episode, new Uri(board, $"findings/{episode}").AbsoluteUri, await episodes.SeenBefore(episode, ct)));
        return new GuardAnswer(board.AbsoluteUri, [.. findings]);
    }

    /// <summary>As the agent writes it, and not as the rest of this API reads: the generated code of the wire is what both sides have.</summary>
    private static async Task<GuardRun> Read(HttpRequest request, CancellationToken ct)
    {
        try
        {
            GuardRun run = await JsonSerializer.DeserializeAsync(request.Body, WireJson.Default.GuardRun, ct) ?? throw new InvalidDataException("the body is null");
            GuardRunLimits.ThrowIfBad(run);
            return run;
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or NotSupportedException)
        {
            throw ApiProblemException.BadRequest($"this is no guarded run: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
