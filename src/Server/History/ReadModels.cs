using System.Collections.Immutable;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.History;

// What History answers. The REST API serialises these records as they are (camelCase), so their names are those of docs/contract/api.md.

/// <param name="Backend">How the agent reads: ebpf, taskstats or proc.</param>
/// <param name="Agent">What the agent last said of itself since the server started; null: nothing.</param>
public sealed record HostSummary(
    string Id, string Name, string BootId, string Kernel, string AgentVersion, HostState State, DateTimeOffset LastSeen,
    int Processes, int Threads, int Fds, int OpenFindings, string Backend, AgentUsage? Agent);

public sealed record FingerprintKeys(string Family, string Shape, string Exact, string? Culprit);

/// <param name="EndedAt">Null while it is open.</param>
/// <param name="EndReason"><c>exited</c>, <c>moved</c>, <c>changed</c>, <c>unseen</c> (gone while nobody looked), <c>reboot</c>; null while it is open.</param>
public record EpisodeSummary(
    string Id, string HostId, string HostName, FindingClass Class, Confidence Confidence, string Rule, FingerprintKeys Fingerprint,
    string Summary, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, DateTimeOffset? EndedAt, string? EndReason);

/// <param name="Finding">The evidence, exactly as it was diagnosed.</param>
public sealed record EpisodeDetail(
    string Id, string HostId, string HostName, FindingClass Class, Confidence Confidence, string Rule, FingerprintKeys Fingerprint,
    string Summary, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, DateTimeOffset? EndedAt, string? EndReason, Finding Finding)
    : EpisodeSummary(Id, HostId, HostName, Class, Confidence, Rule, Fingerprint, Summary, FirstSeen, LastSeen, EndedAt, EndReason);

public enum FingerprintState { New, Ongoing, Escalating, Regressed, Resolved, Archived }

/// <param name="Date">UTC day.</param>
public sealed record DayCount(DateOnly Date, int Count);

public record FingerprintSummary(
    string Shape, string Family, string Title, FingerprintState State, DateTimeOffset FirstSeen, DateTimeOffset LastSeen,
    int Episodes, int OpenEpisodes, int Hosts, ImmutableArray<DayCount> Days);

/// <param name="Text">Why grouped: the canonical text that the shape is the hash of.</param>
public sealed record FingerprintDetail(
    string Shape, string Family, string Title, FingerprintState State, DateTimeOffset FirstSeen, DateTimeOffset LastSeen,
    int Episodes, int OpenEpisodes, int Hosts, ImmutableArray<DayCount> Days, string Text, ImmutableArray<SimilarFingerprint> Similar)
    : FingerprintSummary(Shape, Family, Title, State, FirstSeen, LastSeen, Episodes, OpenEpisodes, Hosts, Days);

/// <param name="Similarity">Weighted Jaccard over feature sets, 0 to 1.</param>
public sealed record SimilarFingerprint(string Shape, double Similarity);

public sealed record Page<T>(ImmutableArray<T> Items, string? Next);
