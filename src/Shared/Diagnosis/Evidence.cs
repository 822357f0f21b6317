using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Everything that a rule may look at.</summary>
internal sealed class Evidence
{
    private readonly HashSet<ProcessKey> _keysBefore;

    public Evidence(Snapshot first, Snapshot last, LookMemory memory, DiagnosisOptions options)
    {
        _keysBefore = [.. first.Processes.Select(process => process.Key)];
        Memory = memory;
        Options = options;
        Graph = new WaitGraph(first, last);
        Proven = StuckSet.Find(Graph.Nodes, ignoreHidden: false);
        Stuck = Resources.Hidden.IsEmpty ? Proven : StuckSet.Find(Graph.Nodes, ignoreHidden: true);
    }

    public Snapshot Last => Graph.Look;

    public LookMemory Memory { get; }

    public DiagnosisOptions Options { get; }

    public WaitGraph Graph { get; }

    public ResourceIndex Resources => Graph.Resources;

    /// <summary>Per process: stuck whatever the hidden fd tables hold.</summary>
    public bool[] Proven { get; }

    /// <summary>Per process: stuck if no hidden fd table holds an end.</summary>
    public bool[] Stuck { get; }

    /// <summary>How long a thread is known not to have run; zero where nothing is known.</summary>
    public TimeSpan StillFor(ProcessRecord process, ThreadRecord thread) => Memory.StillFor(Last, process, thread) ?? TimeSpan.Zero;

    /// <summary>Wall-clock time between start and now of a process.</summary>
    public TimeSpan AgeOf(ProcessRecord process)
    {
        var started = TimeSpan.FromSeconds((double)process.StartTimeTicks / Last.Host.ClockTicksPerSecond);
        return started < Last.Uptime ? Last.Uptime - started : TimeSpan.Zero;
    }

    /// <summary>Whether the process was there, as the same process, at the first look too.</summary>
    public bool WasThere(ProcessRecord process) => _keysBefore.Contains(process.Key);
}

/// <summary>What a diagnosis may be told.</summary>
public sealed record DiagnosisOptions
{
    /// <summary>How long a wait must have lasted before it counts as a stall. Default 10 s. A proven deadlock needs no waiting time.</summary>
    public TimeSpan MinimumWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a process must have been an orphan before it is told. Default 5 s.</summary>
    public TimeSpan OrphanGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a zombie may wait for its parent before it is told. Default 30 s.</summary>
    public TimeSpan ZombieGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>So many zombies of one parent are told at once. Default 10.</summary>
    public int ZombieCount { get; init; } = 10;
}
