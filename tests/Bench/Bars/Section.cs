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
        new("diagnosis", DiagnosisBars.Measure),
        new("guard", GuardBars.Measure),
    ];
}

/// <summary>What each section gets: where things are, how often to measure, and where to tell it.</summary>
internal sealed record BenchRun(Options Options, BarTable Table)
{
    internal Places Places => Options.Places;

    /// <summary>The back ends to force, one after another.</summary>
    internal IReadOnlyList<string> BackEnds { get; } = Options.BackEnds.Count > 0 ? Options.BackEnds : Bench.BackEnds.All;

    /// <summary>For whole programs: first the agent's own choice, unless one was asked for.</summary>
    internal IReadOnlyList<string> BackEndsAndChoice => Options.BackEnds.Count > 0 ? BackEnds : [Bench.BackEnds.Choice, .. BackEnds];

    internal int Runs => Options.Runs;

    /// <summary>How often a thing that takes a second or more is measured.</summary>
    internal int SlowRuns => Math.Min(Options.Runs, 3);
}
