using System.Collections.Immutable;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Doctoring;

/// <summary>What was found out about the agent's sight on this host, by trying.</summary>
public sealed record SightFacts
{
    /// <inheritdoc/>
    public override string ToString() => nameof(SightFacts);

    /// <summary>Path of the running program, for commands that mend.</summary>
    public required string Program { get; init; }

    /// <summary>The back end that a look would use.</summary>
    public required BackendChoice Backend { get; init; }

    /// <summary>How it would hear of forks, execs and exits.</summary>
    public required EventsChoice Events { get; init; }

    /// <summary>Effective user id.</summary>
    public required uint Uid { get; init; }
    public required CapabilitySet Effective { get; init; }
    public required CapabilitySet Bounding { get; init; }

    /// <summary>/proc/sys/kernel/yama/ptrace_scope. Null: this kernel has no Yama.</summary>
    public int? YamaScope { get; init; }

    /// <summary>Option hidepid of the mount at /proc: <c>off</c> or <c>0</c> for none. Null: the mount was not found.</summary>
    public string? HidePid { get; init; }

    /// <summary>Whether this is the pid namespace that the machine booted with. Null: not readable.</summary>
    public bool? InitialPidNamespace { get; init; }

    /// <summary>Whether this is the user namespace that the machine booted with. Null: not readable.</summary>
    public bool? InitialUserNamespace { get; init; }

    /// <summary>What could be read of a child of one's own that sleeps in read(2). Null: no child could be started, or it did not come to sleep.</summary>
    public ChildSight? Child { get; init; }

    /// <summary>Processes of which something is hidden.</summary>
    public required ImmutableArray<HiddenProcess> Hidden { get; init; }

    /// <summary>Counts of the look that <see cref="Hidden"/> comes from.</summary>
    public required ReadCounts Reads { get; init; }

    /// <summary>Processes and threads in that look.</summary>
    public required (int Processes, int Threads) Seen { get; init; }

    /// <summary>Processes of which a read had to be abandoned in that look.</summary>
    public ImmutableArray<(int Pid, string Comm)> Blocked { get; init; } = [];

    /// <summary>How reads that may block were made in that look.</summary>
    internal ReadingMode Reading { get; init; }

    /// <summary>Why there was no helper for them, in <see cref="ReadingMode.Direct"/>.</summary>
    public string? WhyNoHelper { get; init; }

    /// <summary>Tools that guard reads stacks with.</summary>
    public ImmutableArray<StackToolState> StackTools { get; init; } = [];

    /// <summary>/proc/net/unix.</summary>
    public required Sight UnixSockets { get; init; }
}

/// <summary>A sleeping child, seen.</summary>
/// <param name="Call">Its blocked call.</param>
/// <param name="Wchan">Its wait channel; null: not shown.</param>
/// <param name="Memory">Its memory, by process_vm_readv(2). Null: not tried, for its call is not known.</param>
/// <param name="Schedstat">/proc/PID/schedstat: whether a thread ran.</param>
/// <param name="Sched">/proc/PID/sched: when it last ran.</param>
/// <param name="Timers">/proc/PID/timers: its POSIX timers.</param>
public sealed record ChildSight(BlockedCallStatus Call, string? Wchan, Sight? Memory, Sight Schedstat, Sight Sched, Sight Timers);

/// <param name="FdTable">Its fd table is hidden, or links in it are.</param>
/// <param name="Waits">Number of its threads whose blocked call is hidden.</param>
public sealed record HiddenProcess(int Pid, string Comm, uint Uid, bool FdTable, int Waits);

/// <summary>A set of capabilities(7): bit n is capability n.</summary>
public readonly record struct CapabilitySet(ulong Bits)
{
    public const int DacOverride = 1, DacReadSearch = 2, NetAdmin = 12, SysPtrace = 19, SysAdmin = 21, PerfMon = 38, Bpf = 39;

    public bool Has(int capability) => (Bits >> capability & 1) != 0;

    /// <summary>What it takes to read of processes of all users what /proc has: ptrace access, and entry into their directories.</summary>
    public bool SeesAllUsers => Has(SysPtrace) && (Has(DacReadSearch) || Has(DacOverride));
}
