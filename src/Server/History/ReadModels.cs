using System.Collections.Immutable;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.History;

// What History answers. The REST API serialises these records as they are (camelCase), so their names are those of docs/contract/api.md.

/// <param name="Backend">How the agent reads: ebpf, taskstats or proc.</param>
/// <param name="Agent">What the agent last said of itself since the server started; null: nothing.</param>
/// <param name="Watched">Whether an agent has ever streamed for it; if not, it is known through guarded runs alone.</param>
public sealed record HostSummary(
    string Id, string Name, string BootId, string Kernel, string AgentVersion, HostState State, DateTimeOffset LastSeen,
    int Processes, int Threads, int Fds, int OpenFindings, string Backend, AgentUsage? Agent, bool Watched = true);

public sealed record FingerprintKeys(string Family, string Shape, string Exact, string? Culprit);

/// <param name="EndedAt">Null while it is open.</param>
/// <param name="EndReason"><c>exited</c>, <c>moved</c>, <c>changed</c>, <c>unseen</c> (gone while nobody looked), <c>reboot</c>, <c>ended-by-guard</c>; null while it is open.</param>
/// <param name="Guard">The command under guard that it was found in; null: an agent found it.</param>
public record EpisodeSummary(
    string Id, string HostId, string HostName, FindingClass Class, Confidence Confidence, string Rule, FingerprintKeys Fingerprint,
    string Summary, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, DateTimeOffset? EndedAt, string? EndReason, GuardedRun? Guard = null);

/// <param name="Finding">The evidence, exactly as it was diagnosed.</param>
public sealed record EpisodeDetail(
    string Id, string HostId, string HostName, FindingClass Class, Confidence Confidence, string Rule, FingerprintKeys Fingerprint,
    string Summary, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, DateTimeOffset? EndedAt, string? EndReason, Finding Finding, GuardedRun? Guard = null)
    : EpisodeSummary(Id, HostId, HostName, Class, Confidence, Rule, Fingerprint, Summary, FirstSeen, LastSeen, EndedAt, EndReason, Guard);

/// <summary>A command that ran under guard.</summary>
/// <param name="RunId">Guard's own name of the run.</param>
/// <param name="Command">Argument vector, redacted.</param>
/// <param name="Job">The CI job; null: none that is known.</param>
/// <param name="Commit">What was checked out; null: not known.</param>
/// <param name="Branch">Null: not known.</param>
/// <param name="ExitCode">Guard's.</param>
/// <param name="EndedBy"><c>exited</c>, <c>deadlock</c>, <c>orphans</c> or <c>timeout</c>.</param>
public sealed record GuardedRun(
    string RunId, ImmutableArray<string> Command, GuardedJob? Job, string? Commit, string? Branch, int ExitCode, string EndedBy,
    DateTimeOffset StartedAt, DateTimeOffset EndedAt);

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
