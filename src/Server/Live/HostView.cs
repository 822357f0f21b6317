using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Live;

/// <summary>
/// One host at one look: immutable, made once per look and shared by everybody who watches.
/// </summary>
public sealed record HostView
{
    public required HostIdentity Host { get; init; }
    public required string AgentVersion { get; init; }
    public required string Backend { get; init; }

    /// <summary>What the agent last said of itself; null: it does not tell.</summary>
    public AgentUsage? Agent { get; init; }
    public required HostState State { get; init; }

    /// <summary>The agent's wall clock at the start of the look.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>The server's clock when it last heard of the agent.</summary>
    public required DateTimeOffset LastSeen { get; init; }
    public required Visibility Visibility { get; init; }

    /// <summary>The whole process tree, depth first, siblings ascending by pid.</summary>
    public required ImmutableArray<ProcessRow> Rows { get; init; }

    /// <summary>Findings that are open on this host, by <see cref="Finding.Id"/>.</summary>
    public required ImmutableDictionary<string, Finding> Findings { get; init; }
}

public enum HostState
{
    Online,

    /// <summary>No message for three intervals.</summary>
    Silent,

    /// <summary>Nobody expects to hear of it: it is known through guarded runs alone.</summary>
    Forgotten,
}

/// <summary>A row of the process tree.</summary>
/// <param name="Process">The process.</param>
/// <param name="Depth">0 for a root.</param>
/// <param name="Descendants">Rows that follow and belong to this one's subtree: folding skips so many.</param>
/// <param name="Mark">What the row is marked with.</param>
/// <param name="EpisodeId">The open episode that names this process, or null.</param>
public sealed record ProcessRow(ProcessState Process, int Depth, int Descendants, ProcessMark Mark, string? EpisodeId);

/// <summary>Strongest first.</summary>
public enum ProcessMark { None, Hazard, Waiter, Stopped, Zombie, Orphan, Stalled, Stuck }
