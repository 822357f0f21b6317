namespace OrphanBoard.Agent.Bpf;

/// <summary>How many rows of each kind one pass has room for. The kernel holds that memory; only what is written counts as the agent's own.</summary>
public readonly record struct SweepRooms(int Pids, int Processes, int Tasks, int Fds)
{
    /// <summary>Enough for about 2,500 processes: 8 MB.</summary>
    public static SweepRooms Initial { get; } = new(16_384, 4_096, 12_288, 65_536);

    /// <summary>More is never asked for: 250 MB. What does not fit is counted as lost.</summary>
    public static SweepRooms Limit { get; } = new(1 << 22, 1 << 18, 1 << 19, 1 << 21);

    /// <summary>Whether <paramref name="needed"/> fits in.</summary>
    internal bool Hold(SweepRooms needed) =>
        needed.Pids <= Pids && needed.Processes <= Processes && needed.Tasks <= Tasks && needed.Fds <= Fds;

    /// <summary>Half as much again as <paramref name="needed"/> where it does not fit, up to the limit; what fits stays.</summary>
    internal SweepRooms GrownFor(SweepRooms needed) => new(
        Grow(Pids, needed.Pids, Limit.Pids),
        Grow(Processes, needed.Processes, Limit.Processes),
        Grow(Tasks, needed.Tasks, Limit.Tasks),
        Grow(Fds, needed.Fds, Limit.Fds));

    private static int Grow(int room, int needed, int limit) => needed <= room ? room : (int)Math.Min(needed + needed / 2L, limit);
}
