namespace OrphanBoard.Agent.Looking;

/// <summary>How to look.</summary>
public sealed record LookerOptions
{
    /// <summary>Where proc(5) is mounted. Default <c>/proc</c>.</summary>
    public string ProcPath { get; init; } = "/proc";

    /// <summary>The back end to use; null: the best that works here.</summary>
    public BackendKind? Backend { get; init; }
}
