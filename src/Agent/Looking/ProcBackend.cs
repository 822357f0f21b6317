using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// C: plain /proc. Each thread's schedstat is kept open and read again at each look, one call a thread; a thread whose numbers are the same has not
/// run. Past the limit of open files the rest is opened anew each time.
/// </summary>
internal sealed class ProcBackend : ProcfsBackend
{
    private readonly DirectoryHandle _proc;
    private readonly ThreadReader _threads;
    private readonly DirectoryHandle _directory = DirectoryHandle.Closed();

    internal ProcBackend(DirectoryHandle proc, ProcessReader reader, ThreadReader threads, FileBudget files, Population population)
        : base(proc, reader, population)
    {
        (_proc, _threads) = (proc, threads);
        files.Begin();
    }

    internal override BackendKind Kind => BackendKind.Proc;

    protected override void MarkWhoRan(ProcessTable table)
    {
        foreach (TrackedProcess process in table.Processes)
        {
            if (process.IsKernelThread)
                continue;
            process.Ran = process.Record switch
            {
                null => true,
                // Nothing runs in it any more; that it is waited for shows in the listing.
                { IsZombie: true } => false,
                _ => process.MayHaveMoved || HasRun(process),
            };
        }
    }

    private bool HasRun(TrackedProcess process)
    {
        bool ran = process.Threads.Count == 0;
        bool opened = false;
        for (int i = 0; !ran && i < process.Threads.Count; i++)
        {
            TrackedThread thread = process.Threads[i];
            RunCounters? now = _threads.Counters(thread.Schedstat);
            if (now is null && !thread.Schedstat.IsOpen && thread.Counters is not null)
            {
                if (!opened && _directory.Reopen(_proc, new RelativePath(process.Pid)) != Sight.Seen)
                    return true;
                opened = true;
                now = _threads.Counters(_directory, new RelativePath("task"u8, thread.Tid, "schedstat"u8));
            }
            ran = now is null || now != thread.Counters;
        }
        if (opened)
            _directory.Dispose();
        return ran;
    }

    public override void Dispose()
    {
        _directory.Dispose();
        base.Dispose();
    }
}
