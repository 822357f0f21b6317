namespace OrphanBoard.Shared.Wire;

/// <summary>What an agent says of itself: how it sees, what that costs, and what it could not read. Counts are since its start.</summary>
public sealed record AgentUsage
{
    /// <inheritdoc/>
    public override string ToString() => nameof(AgentUsage);

    /// <summary>How it reads: ebpf, taskstats or proc.</summary>
    public required string Backend { get; init; }

    /// <summary>Why not in a better way, one line. Null: there is no better one.</summary>
    public string? WhyNotBetter { get; init; }

    /// <summary>Milliseconds between two looks, now.</summary>
    public required int IntervalMs { get; init; }

    /// <summary>Milliseconds between two looks, as configured. Less than <see cref="IntervalMs"/>: it has slowed down because it was over its budget.</summary>
    public required int ConfiguredIntervalMs { get; init; }

    /// <summary>The most CPU that it may use before it slows down, as a fraction of one core.</summary>
    public required double CpuBudget { get; init; }

    /// <summary>CPU used over the last ten seconds or so, as a fraction of one core.</summary>
    public required double CpuFraction { get; init; }

    /// <summary>CPU used, its helper processes included, seconds.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>CPU of the last look alone, milliseconds.</summary>
    public required double LookCpuMs { get; init; }

    /// <summary>Resident memory, bytes.</summary>
    public required long RssBytes { get; init; }

    /// <summary>Bytes allocated on the managed heap.</summary>
    public required long AllocatedBytes { get; init; }

    public required long Looks { get; init; }

    /// <summary>Looks that were due and not taken, because the one before was late.</summary>
    public required long LooksMissed { get; init; }

    public required AgentReads Reads { get; init; }

    /// <summary>Processes read anew in full to check what was taken as unchanged.</summary>
    public long SelfChecked { get; init; }

    /// <summary>Those of them that had changed after all.</summary>
    public long SelfCheckMismatches { get; init; }

    /// <summary>How it hears of forks, execs and exits: proc-connector, ebpf or polling.</summary>
    public required string Events { get; init; }

    /// <summary>How often events were lost because they came faster than they were read.</summary>
    public long EventOverflows { get; init; }

    /// <summary>Busy processes that the last look left as they were, to stay within its budget.</summary>
    public int LeftBehind { get; init; }
}

/// <summary>Reads that did not come to anything, by what came in between.</summary>
/// <param name="Denied">Not permitted.</param>
/// <param name="Failed">Failed in any other way.</param>
/// <param name="Vanished">The process or thread ended meanwhile: a race, no loss.</param>
/// <param name="Abandoned">Had to be given up because the target did not let go of what was asked for.</param>
public sealed record AgentReads(long Denied, long Failed, long Vanished, long Abandoned);
