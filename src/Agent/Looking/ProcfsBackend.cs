using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Lists and reads through /proc. How it is known who has run is left to the back ends that build on it.</summary>
internal abstract class ProcfsBackend(DirectoryHandle proc, ProcessReader reader) : Backend
{
    private readonly List<int> _pids = [];
    private readonly List<ulong> _inodes = [];

    internal override void Sweep(ProcessTable table, Sweeping sweeping, LookTally tally)
    {
        _pids.Clear();
        _inodes.Clear();
        if (proc.ListEntries(_pids, _inodes) == Sight.Seen)
            table.Update(_pids, _inodes);
        else
            tally.Failed++;
        MarkWhoRan(table);
    }

    /// <summary>Sets <see cref="TrackedProcess.Ran"/> of all that have a record.</summary>
    protected abstract void MarkWhoRan(ProcessTable table);

    internal override ProcessRecord? Read(TrackedProcess process, ReadPlan plan, LookTally tally) => reader.Read(process, plan, tally);

    internal override ProcessRecord? WithNewParent(ProcessRecord record) => reader.WithNewParent(record);

    public override void Dispose() => reader.Dispose();
}
