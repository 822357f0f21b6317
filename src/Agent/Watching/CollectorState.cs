using System.Collections.Immutable;
using OrphanBoard.Agent.Looking;

namespace OrphanBoard.Agent.Watching;

/// <summary>What whoever looks tells of itself. Counts are since its start.</summary>
/// <param name="Backend">ebpf, taskstats or proc.</param>
/// <param name="WhyNotBetter">Why no better back end, one line. Null: there is none better.</param>
/// <param name="Events">How it hears of forks, execs and exits: proc-connector, ebpf or polling.</param>
public sealed record CollectorState(string Backend, string? WhyNotBetter, string Events)
{
    internal static CollectorState Of(HostLooker looker) => new(looker.Backend.Name, looker.Backend.WhyNotBetter, looker.Events.Source)
    {
        EventOverflows = looker.EventOverflows,
        SelfChecked = looker.SelfCheck.Checked,
        SelfCheckMismatches = looker.SelfCheck.Mismatches,
        LeftBehind = looker.LeftBehind,
        ReadsAbandoned = looker.RiskyReads.Abandoned,
        Helpers = looker.RiskyReads.HelperPid is { } helper ? [helper] : [],
    };

    /// <summary>How often events were lost because they came faster than they were read.</summary>
    public long EventOverflows { get; init; }

    /// <summary>Processes read anew in full to check what was taken as unchanged.</summary>
    public long SelfChecked { get; init; }

    /// <summary>Those of them that had changed after all.</summary>
    public long SelfCheckMismatches { get; init; }

    /// <summary>Busy processes that the last look left as they were, to stay within its budget.</summary>
    public int LeftBehind { get; init; }

    /// <summary>Reads that had to be given up because the target did not let go of what was asked for.</summary>
    public long ReadsAbandoned { get; init; }

    /// <summary>Pids of children that read for it: their CPU is the agent's.</summary>
    public ImmutableArray<int> Helpers { get; init; } = [];
}
