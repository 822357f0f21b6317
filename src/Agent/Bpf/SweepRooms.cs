using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Bpf;

/// <summary>How many rows of each kind one pass has room for. The kernel holds that memory; of the agent's resident set is what a <see cref="SharedWindow"/> shows of it.</summary>
public readonly record struct SweepRooms(int Pids, int Processes, int Tasks, int Fds)
{
    /// <summary>Enough for about 600 processes: 1.5 MB.</summary>
    public static SweepRooms Initial { get; } = new(8_192, 1_024, 4_096, 16_384);

    /// <summary>For a host with so many processes, kernel threads among them: to load the program again because it had too little costs more than what is too much.</summary>
    internal static SweepRooms For(int processes) => Initial.GrownFor(new(processes, processes, processes * 2, processes * 24));

    /// <summary>More is never asked for: 250 MB. What does not fit is counted as lost.</summary>
    public static SweepRooms Limit { get; } = new(1 << 22, 1 << 18, 1 << 19, 1 << 21);

    /// <summary>Whether <paramref name="needed"/> fits in.</summary>
    internal bool Hold(SweepRooms needed) =>
        needed.Pids <= Pids && needed.Processes <= Processes && needed.Tasks <= Tasks && needed.Fds <= Fds;

    /// <summary>A quarter more than <paramref name="needed"/> where it does not fit, up to the limit; what fits stays.</summary>
    internal SweepRooms GrownFor(SweepRooms needed) => new(
        Grow(Pids, needed.Pids, Limit.Pids),
        Grow(Processes, needed.Processes, Limit.Processes),
        Grow(Tasks, needed.Tasks, Limit.Tasks),
        Grow(Fds, needed.Fds, Limit.Fds));

    private static int Grow(int room, int needed, int limit) => needed <= room ? room : (int)Math.Min(needed + needed / 4L, limit);
}
