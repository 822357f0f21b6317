namespace OrphanBoard.Bench.Bars;

/// <summary>Bars that are measured together, and can be asked for alone.</summary>
internal sealed record Section(string Name, Action<BenchRun> Measure)
{
    internal static IReadOnlyList<Section> All { get; } =
    [
        new("file", FileBars.Measure),
        new("ordinary", OrdinaryMachineBar.Measure),
        new("snapshot", SnapshotBars.Measure),
        new("scan", ScanBars.Measure),
        new("growth", GrowthBars.Measure),
        new("allocations", AllocationBars.Measure),
        new("agent", AgentBars.Measure),
    ];
}

/// <summary>What each section gets: where things are, how often to measure, and where to tell it.</summary>
internal sealed record BenchRun(Options Options, BarTable Table)
{
    internal Places Places => Options.Places;

    internal int Runs => Options.Runs;

    /// <summary>How often a thing that takes a second or more is measured.</summary>
    internal int SlowRuns => Math.Min(Options.Runs, 3);
}
