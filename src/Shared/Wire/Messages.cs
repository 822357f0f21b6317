using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Wire;

/// <summary>The first message of a connection: who speaks, and in which version.</summary>
/// <param name="ProtocolVersion"><see cref="WireProtocol.Version"/> of the agent.</param>
/// <param name="RunId">New at each start of the agent: sequences count within one run.</param>
/// <param name="Host">The machine and its boot.</param>
/// <param name="AgentVersion">Version of the agent.</param>
/// <param name="AgentPid">Pid of the agent on that host.</param>
/// <param name="Backend">How it reads: ebpf, taskstats or proc.</param>
/// <param name="IntervalMs">Milliseconds between two looks, as configured: three missed ones and the host counts as silent.</param>
/// <param name="Agent">What the agent says of itself; what is in force wins over <paramref name="IntervalMs"/>. Null: an agent that does not tell.</param>
public sealed record Hello(
    int ProtocolVersion, Guid RunId, HostIdentity Host, string AgentVersion, int AgentPid, string Backend, int IntervalMs, AgentUsage? Agent = null);

/// <summary>The whole live state of a host, and all findings that are open on it.</summary>
/// <param name="TakenAt">Start of the look.</param>
/// <param name="Agent">What the agent says of itself. Null: it does not tell.</param>
public sealed record Keyframe(
    DateTimeOffset TakenAt, Visibility Visibility, ImmutableArray<ProcessState> Processes, ImmutableArray<Finding> Findings, AgentUsage? Agent = null);

/// <summary>
/// What changed since the message before. Every look sends one, an empty one too: it says that the agent is alive and that all
/// open findings still hold.
/// </summary>
/// <param name="TakenAt">Start of the look.</param>
/// <param name="Visibility">Null: as before.</param>
/// <param name="Changed">New processes (all parts set) and changed ones (the changed parts only).</param>
/// <param name="Removed">Processes that have ended.</param>
/// <param name="Agent">What the agent says of itself, now and then, and at once when its interval changes. Null: as before.</param>
public sealed record Delta(
    DateTimeOffset TakenAt, Visibility? Visibility, ImmutableArray<ProcessDelta> Changed, ImmutableArray<ProcessKey> Removed, AgentUsage? Agent = null);

/// <summary>Findings that are new or have changed, and those that are over. Sent at once, before the look's delta.</summary>
public sealed record FindingChanges(DateTimeOffset TakenAt, ImmutableArray<Finding> Opened, ImmutableArray<EndedFinding> Ended);

/// <param name="Id">As <see cref="Finding.Id"/>.</param>
/// <param name="Reason">
/// <c>exited</c>: its processes have ended. <c>moved</c>: they go on. <c>changed</c>: it is now told as another finding. Of a guarded run:
/// <c>exited</c>, or <see cref="ByGuard"/>.
/// </param>
public sealed record EndedFinding(string Id, string Reason)
{
    public const string Exited = "exited";

    /// <summary>Guard has ended its processes.</summary>
    public const string ByGuard = "ended-by-guard";
}

/// <summary>One process in the live state.</summary>
public sealed record ProcessState(ProcessKey Key, ProcessFacts Facts, ImmutableArray<ThreadInfo> Threads, ImmutableArray<FdInfo> Fds);

/// <summary>A change of one process: parts that are null are as before.</summary>
public sealed record ProcessDelta(ProcessKey Key, ProcessFacts? Facts, ImmutableArray<ThreadInfo>? Threads, ImmutableArray<FdInfo>? Fds);

/// <summary>What changes seldom of a process.</summary>
/// <param name="FdsVisible">False: the fd table is hidden from the agent, so an empty one says nothing.</param>
/// <param name="Orphan">Set for an orphan.</param>
public sealed record ProcessFacts(
    int Ppid,
    int Pgrp,
    int Session,
    string Comm,
    ImmutableArray<string>? Cmdline,
    char State,
    uint Uid,
    bool FdsVisible,
    OrphanInfo? Orphan)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(ProcessFacts);
}
