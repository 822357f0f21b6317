using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using OrphanBoard.Server.Alerts;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Ingest;
using OrphanBoard.Server.Live;
using OrphanBoard.Server.Settings;
using OrphanBoard.Server.SignIn;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Api;

/// <summary><c>/metrics</c> in Prometheus' text format, version 0.0.4.</summary>
public static class MetricsApi
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static void MapMetrics(this IEndpointRouteBuilder routes, ServerSettings settings)
    {
        RouteHandlerBuilder metrics = routes.MapGet("/metrics", GetMetrics).WithTags("Health").WithName("getMetrics")
            .WithSummary("Prometheus text.").Produces<string>(contentType: "text/plain");
        if (settings.AnonymousMetrics)
            metrics.AllowAnonymous();
        else
            metrics.RequireAuthorization(SignInSetup.ReadApi);
    }

    private static ContentHttpResult GetMetrics(LiveHosts live, IngestCounters ingest, CommitTimes commits, StoreHealth health, DeliveryCounters deliveries)
    {
        var text = new StringBuilder();
        IReadOnlyList<HostView> hosts = live.Current;
        Header(text, "orphanboard_hosts", "gauge", "Hosts heard of since the start, by state.");
        foreach (HostState state in Enum.GetValues<HostState>())
            Line(text, $"orphanboard_hosts{{state=\"{state.ToWord()}\"}}", hosts.Count(h => h.State == state));

        Header(text, "orphanboard_open_findings", "gauge", "Open findings on those hosts, by class.");
        foreach (FindingClass c in Enum.GetValues<FindingClass>())
            Line(text, $"orphanboard_open_findings{{class=\"{c.ToWord()}\"}}", hosts.Sum(h => h.Findings.Values.Count(f => f.Class == c)));

        Header(text, "orphanboard_frames_total", "counter", "Frames that agents sent, by kind.");
        foreach (FrameKind kind in Enum.GetValues<FrameKind>())
            Line(text, $"orphanboard_frames_total{{kind=\"{kind.ToWord()}\"}}", ingest.Frames(kind));
        Single(text, "orphanboard_frame_bytes_total", "counter", "Bytes of those frames, compressed.", ingest.Bytes);
        Single(text, "orphanboard_refused_total", "counter", "Agents that were refused.", ingest.Refused);
        Single(text, "orphanboard_keyframes_asked_total", "counter", "Gaps after which a keyframe was asked for.", ingest.KeyframesAsked);
        Single(text, "orphanboard_webhook_deliveries_total", "counter", "Messages that were delivered.", deliveries.Delivered);
        Single(text, "orphanboard_webhook_failures_total", "counter", "Attempts to deliver a message that failed.", deliveries.Failed);
        Single(text, "orphanboard_store_writable", "gauge", "1 when the store could be written the last time.", health.Failure is null ? 1 : 0);
        Commits(text, commits);
        AgentMetrics.Write(text, hosts);
        return TypedResults.Text(text.ToString(), ContentType);
    }

    private static void Commits(StringBuilder text, CommitTimes commits)
    {
        const string name = "orphanboard_commit_seconds";
        (long[] counts, long count, double sum) = commits.Read();
        Header(text, name, "histogram", "How long commits to the store took.");
        for (int i = 0; i < counts.Length; i++)
            Line(text, string.Create(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"{CommitTimes.Bounds[i]}\"}}"), counts[i]);
        Line(text, $"{name}_bucket{{le=\"+Inf\"}}", count);
        Line(text, $"{name}_sum", sum);
        Line(text, $"{name}_count", count);
    }

    private static void Single(StringBuilder text, string name, string type, string help, double value)
    {
        Header(text, name, type, help);
        Line(text, name, value);
    }

    internal static void Header(StringBuilder text, string name, string type, string help) => text.Append($"# HELP {name} {help}\n# TYPE {name} {type}\n");

    internal static void Line(StringBuilder text, string name, double value) => text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
}
