using System.Collections.Immutable;
using OrphanBoard.Agent.Bpf;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// A: one pass of the kernel program finds who is there and who has run, and brings threads, waits and fd tables of those along. What the kernel's
/// structures do not hold as text (paths, arguments) is read from /proc once. Of suspects is read as well what their rows do not hold, so that all back ends
/// say the same of them; who is in the middle of something is read from /proc as by the others, and completed by what only the kernel program sees.
/// </summary>
/// <remarks>
/// A machine may hide a process from the kernel's iterator that /proc shows. So /proc is listed now and then, and who is in the list alone is read as by the
/// other back ends.
/// </remarks>
internal sealed class EbpfBackend(BpfSweep sweep, DirectoryHandle proc, RowReader rows, ProcessReader reader, TextPool texts, int ticksPerSecond) : Backend
{
    private const int ListEvery = 30;

    private readonly HashSet<ulong> _sharedTables = [];
    private readonly HashSet<int> _wanted = [];
    private readonly List<int> _pids = [], _listed = [], _onlyListed = [];
    private readonly Dictionary<int, int> _rowOf = [];

    internal override BackendKind Kind => BackendKind.Ebpf;

    internal override bool NamesTables => true;

    internal override bool TellsBirths => sweep.WithoutBirths is null;

    internal override long EventOverflows => (long)sweep.BirthsLost;

    internal override ImmutableArray<Birth> Births
    {
        get
        {
            ImmutableArray<Birth>.Builder? births = null;
            foreach (ref readonly BirthRow told in sweep.Births)
                (births ??= ImmutableArray.CreateBuilder<Birth>()).Add(new Birth(told.Pid, told.ParentPid, texts.Get(told.ParentComm), TimeSpan.FromTicks((long)(told.TimeNs / TimeSpan.NanosecondsPerTick))));
            return births?.ToImmutable() ?? [];
        }
    }

    internal override void Sweep(ProcessTable table, Sweeping sweeping, LookTally tally)
    {
        _wanted.Clear();
        foreach (int pid in sweeping.Suspects)
            _wanted.Add(pid);
        foreach (TrackedProcess process in table.Processes)
        {
            if (process.WasSuspect || process.MayHaveMoved || process.Record is { Behind: true })
                _wanted.Add(process.Pid);
        }
        rows.BeginLook();
        sweep.Want(_wanted);
        string? error = sweep.Run(
            sweeping.Depth == LookDepth.Full ? SweepMode.Full : SweepMode.Incremental, (int)(sweeping.Slice.Look % sweeping.Slice.Slices), sweeping.Slice.Slices);
        if (error is not null)
            tally.Failed++;
        else if (sweep.WasFull && sweeping.Depth == LookDepth.Incremental)
            rows.Forget();
        if (error is not null || sweep.RowsLost > 0)
            TakeFromProc(table);
        else
            Take(table, sweeping.Slice.Look % ListEvery == 1);
    }

    internal override ProcessRecord? Read(TrackedProcess process, ReadPlan plan, LookTally tally)
    {
        if (!_rowOf.TryGetValue(process.Pid, out int place))
            return reader.Read(process, plan with { Maps = true }, tally) is { } unseen ? OpenDescriptions.Forget(unseen) : null;
        ref readonly ProcessRow row = ref sweep.Processes[place];
        if (plan.Suspect)
        {
            // Among many suspects the pass is long over: who has run since would never be seen asleep, were it not read at once.
            return rows.ReadSuspect(process, row, sweep, plan, tally) is { } whole && !whole.Threads.Any(static thread => thread.RanOutOf is not null)
                ? whole
                : (reader.Read(process, plan, tally) is { } record ? RowReader.Complete(record, row, sweep.TasksOf(row), sweep.FdsOf(row)) : null);
        }
        // What the kernel program could not read whole, /proc tells.
        const ProcessFlags Torn = ProcessFlags.TableTorn | ProcessFlags.SignalsUnknown | ProcessFlags.OtherTables;
        return (row.Flags & Torn) != 0 ? reader.Read(process, plan, tally) : rows.Read(process, row, sweep, plan);
    }

    internal override ProcessRecord? WithNewParent(ProcessRecord record) => reader.WithNewParent(record);

    public override void Dispose()
    {
        rows.Dispose();
        reader.Dispose();
        sweep.Dispose();
    }

    private void Take(ProcessTable table, bool list)
    {
        if (list)
            ListOthers();
        MergePids();
        table.Update(_pids, null);
        _rowOf.Clear();
        _sharedTables.Clear();
        foreach (TrackedProcess process in table.Processes)
            process.Ran = process.Record is null;
        foreach (int pid in _onlyListed)
        {
            if (table.Find(pid) is { IsKernelThread: false } process)
                process.Ran = true;
        }
        ReadOnlySpan<ProcessRow> processes = sweep.Processes;
        for (int i = 0; i < processes.Length; i++)
            Take(table, processes[i], i);
        if (_sharedTables.Count > 0)
            MarkSharers(table);
    }

    /// <summary>Without rows: everything is read from /proc at this look.</summary>
    private void TakeFromProc(ProcessTable table)
    {
        _rowOf.Clear();
        _pids.Clear();
        if (proc.ListNumbers(_pids) == Sight.Seen)
            table.Update(_pids, null);
        foreach (TrackedProcess process in table.Processes)
            (process.Ran, process.TableId, process.MemoryId) = (true, 0, 0);
    }

    /// <summary>Who is in /proc and not among the pids of the pass: kernel threads, and who is hidden from the iterator.</summary>
    private void ListOthers()
    {
        _listed.Clear();
        _onlyListed.Clear();
        if (proc.ListNumbers(_listed) != Sight.Seen)
            return;
        ReadOnlySpan<uint> seen = sweep.Pids;
        int next = 0;
        foreach (int pid in _listed)
        {
            while (next < seen.Length && seen[next] < (uint)pid)
                next++;
            if (next == seen.Length || seen[next] != (uint)pid)
                _onlyListed.Add(pid);
        }
    }

    private void MergePids()
    {
        _pids.Clear();
        int other = 0;
        foreach (uint pid in sweep.Pids)
        {
            for (; other < _onlyListed.Count && _onlyListed[other] <= (int)pid; other++)
            {
                if (_onlyListed[other] != (int)pid)
                    _pids.Add(_onlyListed[other]);
            }
            _pids.Add((int)pid);
        }
        for (; other < _onlyListed.Count; other++)
            _pids.Add(_onlyListed[other]);
    }

    private void Take(ProcessTable table, in ProcessRow row, int place)
    {
        if (table.Find(row.Pid) is not { } process)
            return;
        if (process.IsKernelThread || process.Record is { } record && record.StartTimeTicks != StartTimeTicks(row.StartBoottimeNs))
            process = table.Replace(process);
        _rowOf[row.Pid] = place;
        process.Ran = process.Record is not { } before || process.MayHaveMoved || (row.Flags & ProcessFlags.Changed) != 0 || before.Behind || before.Ppid != row.Ppid || before.TracerPid != row.TracerPid || HasRun(before, row);
        if ((row.Flags & ProcessFlags.TableShared) != 0)
            _sharedTables.Add(row.TableId);
        (process.TableId, process.MemoryId, process.HasOtherTables) = (row.TableId, row.MemoryId, (row.Flags & ProcessFlags.OtherTables) != 0);
    }

    private bool HasRun(ProcessRecord before, in ProcessRow row)
    {
        ReadOnlySpan<TaskRow> tasks = sweep.TasksOf(row);
        int place = 0;
        foreach (ref readonly TaskRow task in tasks)
        {
            if (task.State is (byte)'Z' or (byte)'X')
                continue;
            if (place >= before.Threads.Length || before.Threads[place].Tid != task.Tid || !before.Threads[place].Stood(new RunCounters(task.RunTimeNs, task.Timeslices)))
                return true;
            place++;
        }
        return place != before.Threads.Length;
    }

    /// <summary>Who has the same table as one that ran has another table now, though it did not run: read from /proc.</summary>
    private void MarkSharers(ProcessTable table)
    {
        foreach (TrackedProcess process in table.Processes)
        {
            if (_sharedTables.Contains(process.TableId) && !_rowOf.ContainsKey(process.Pid))
                process.Ran = true;
        }
    }

    private ulong StartTimeTicks(ulong startBoottimeNs) => startBoottimeNs / (1_000_000_000UL / (ulong)ticksPerSecond);
}
