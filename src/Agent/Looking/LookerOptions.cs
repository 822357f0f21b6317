using OrphanBoard.Agent.RiskyReading;

namespace OrphanBoard.Agent.Looking;

/// <summary>How to look.</summary>
public sealed record LookerOptions
{
    public const string HostProc = "/proc";

    /// <summary>Where proc(5) is mounted. Default <c>/proc</c>; of another one only plain files are read.</summary>
    public string ProcPath { get; init; } = HostProc;

    /// <summary>The back end to use; null: the best that works here.</summary>
    public BackendKind? Backend { get; init; }

    /// <summary>
    /// What the reading of one look may take, wall time: past it, and of processes that run all the time, the reading waits for a later look (<see
    /// cref="Shared.Snapshots.ProcessRecord.Behind"/>), unless there are suspects. Default: no bound.
    /// </summary>
    public TimeSpan? Budget { get; init; }

    /// <summary>
    /// Whether cgroup, container and the marks of CI jobs are read of everybody. The diagnosis asks for the marks where somebody may have been left by a job: <see cref="HostLooker.Origin"/>.
    /// </summary>
    public bool Origin { get; init; } = true;

    /// <summary>How reads that may block are made. Null: as it is best.</summary>
    internal RiskyReadOptions? RiskyReads { get; init; }
}
