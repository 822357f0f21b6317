using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Lists and reads through /proc. How it is known who has run is left to the back ends that build on it.</summary>
internal abstract class ProcfsBackend(DirectoryHandle proc, ProcessReader reader, Population population) : Backend
{
    /// <summary>So often it is listed in any case.</summary>
    private const int ListEvery = 30;

    private readonly List<int> _pids = [];
    private readonly List<ulong> _inodes = [];

    private bool _listed;

    internal override void Sweep(ProcessTable table, Sweeping sweeping, LookTally tally)
    {
        // Counted before it is listed: who comes in between is in the list, or makes the next count another one.
        if (population.IsAsBefore() && _listed && sweeping.Depth == LookDepth.Incremental && sweeping.Slice.Look % ListEvery != 0)
            table.Keep();
        else
            List(table, tally);
        MarkWhoRan(table);
    }

    private void List(ProcessTable table, LookTally tally)
    {
        _pids.Clear();
        _inodes.Clear();
        _listed = proc.ListEntries(_pids, _inodes) == Sight.Seen;
        if (_listed)
            table.Update(_pids, _inodes);
        else
            tally.Failed++;
    }

    /// <summary>Sets <see cref="TrackedProcess.Ran"/> of all that have a record.</summary>
    protected abstract void MarkWhoRan(ProcessTable table);

    internal override ProcessRecord? Read(TrackedProcess process, ReadPlan plan, LookTally tally) => reader.Read(process, plan, tally);

    internal override ProcessRecord? WithNewParent(ProcessRecord record) => reader.WithNewParent(record);

    public override void Dispose() => reader.Dispose();
}
