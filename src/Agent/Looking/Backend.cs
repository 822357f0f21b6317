using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>One way to know who is there, who has run, and what each process looks like. All ways give the same records.</summary>
internal abstract class Backend : IDisposable
{
    internal abstract BackendKind Kind { get; }

    /// <summary>
    /// Brings the table up to date: births and deaths, and <see cref="TrackedProcess.Ran"/> of everybody else. What it says of who has run is older
    /// than anything that is read afterwards: a process that runs in between is found at the next look.
    /// </summary>
    internal abstract void Sweep(ProcessTable table, Sweeping sweeping, LookTally tally);

    /// <summary>Whether <see cref="Births"/> tells of all forks: then nobody else need listen to them.</summary>
    internal virtual bool TellsBirths => false;

    /// <summary>Whether <see cref="TrackedProcess.TableId"/> and <see cref="TrackedProcess.MemoryId"/> are told, and open file descriptions by numbers.</summary>
    internal virtual bool NamesTables => false;

    /// <summary>Forks of processes between the last sweep and the one before it, in their order.</summary>
    internal virtual ImmutableArray<Birth> Births => [];

    /// <summary>Times that events were lost, for too many came.</summary>
    internal virtual long EventOverflows => 0;

    /// <summary>Null for kernel threads, and for what vanished while it was read.</summary>
    internal abstract ProcessRecord? Read(TrackedProcess process, ReadPlan plan, LookTally tally);

    /// <summary>Of a process none of whose threads has run: who its parent is now, where the one that it had has left. Null: it is gone.</summary>
    internal abstract ProcessRecord? WithNewParent(ProcessRecord record);

    public abstract void Dispose();
}

/// <summary>What a sweep is asked for.</summary>
/// <param name="Depth">Whether everything is going to be read.</param>
/// <param name="Suspects">Pids that are going to be read in any case.</param>
/// <param name="Slice">Who is due for a self-check.</param>
internal readonly record struct Sweeping(LookDepth Depth, IReadOnlySet<int> Suspects, SelfCheckSlice Slice);
