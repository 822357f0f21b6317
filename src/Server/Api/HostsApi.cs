using System.ComponentModel;
using System.Globalization;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Live;
using OrphanBoard.Server.SignIn;

namespace OrphanBoard.Server.Api;

/// <summary>Hosts and what runs on them.</summary>
public static class HostsApi
{
    private const string AtText = "The instant asked for, RFC 3339; now, if nothing is said.";

    public static void MapHosts(this IEndpointRouteBuilder api)
    {
        RouteGroupBuilder hosts = api.MapGroup("/hosts").WithTags("Hosts").RequireAuthorization(SignInSetup.ReadApi);
        hosts.MapGet("", ListHosts).WithName("listHosts").WithSummary("All hosts that an agent or a guarded run has ever spoken for.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        hosts.MapGet("/{id}/tree", GetTree).WithName("getTree").WithSummary("All processes of a host at an instant, in the order of the tree.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        hosts.MapGet("/{id}/processes/{pid:int}", GetProcess).WithName("getProcess").WithSummary("One process with its threads and its fd table.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static Task<Page<HostSummary>> ListHosts(
        HostQueries hosts, [Description(ApiQuery.LimitText)] string? limit, [Description(ApiQuery.CursorText)] string? cursor, CancellationToken ct) =>
        hosts.ListHosts(ApiQuery.Limit(limit), ApiQuery.Cursor(cursor), ct);

    private static async Task<HostTree> GetTree(
        [Description("Host id.")] string id, [Description(AtText)] string? at, HostQueries hosts, LiveHosts live, TimeProvider time, CancellationToken ct)
    {
        Instant instant = await Find(id, at, hosts, live, time, ct);
        return new HostTree(instant.At, instant.GapReason is not null, instant.GapReason, instant.View is { } view ? TreeProcess.All(view) : []);
    }

    private static async Task<HostProcess> GetProcess(
        [Description("Host id.")] string id, [Description("Process id.")] int pid, [Description(AtText)] string? at,
        HostQueries hosts, LiveHosts live, TimeProvider time, CancellationToken ct)
    {
        Instant instant = await Find(id, at, hosts, live, time, ct);
        if (instant.View is not { } view)
            throw ApiProblemException.NotFound($"nothing is known of {id} at that instant: {instant.GapReason}");
        return HostProcess.Find(view, pid, instant.GapReason)
            ?? throw ApiProblemException.NotFound(string.Create(CultureInfo.InvariantCulture, $"host {id} has no process {pid} at {instant.At:O}"));
    }

    /// <summary>The view that is known of an instant.</summary>
    private static async Task<Instant> Find(string id, string? at, HostQueries hosts, LiveHosts live, TimeProvider time, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset? asked = ApiQuery.Time(at, "at");
        if (asked > now)
            throw ApiProblemException.BadRequest($"at '{at}' lies in the future");
        if (live.Find(id) is not { } view)
        {
            HostSummary host = await hosts.FindHost(id, ct) ?? throw ApiProblemException.NotFound($"there is no host '{id}'");
            return new Instant(asked ?? now, host.Watched ? "the agent has not been heard of since the server was started" : "no agent watches this host; guarded runs told of it", null);
        }
        if (asked < view.TakenAt)
            return new Instant(asked.Value, "no history of process trees is kept yet", null);
        return new Instant(
            view.TakenAt,
            view.State == HostState.Online ? null : $"the host has been silent since {view.LastSeen.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}; this is what it was then",
            view);
    }

    private sealed record Instant(DateTimeOffset At, string? GapReason, HostView? View);
}
