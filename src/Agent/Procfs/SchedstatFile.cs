using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/task/TID/schedstat, Documentation/scheduler/sched-stats.rst.</summary>
public static class SchedstatFile
{
    // 1317769 52117 3        ns on a CPU, ns runnable but waiting for one, number of times it was put on one
    // 0 0 0                  a kernel built without CONFIG_SCHED_INFO: says nothing, so it is no counter
    public static RunCounters? Parse(ReadOnlySpan<byte> text) =>
        Utf8Text.NextULong(ref text, out ulong runTime)
        && Utf8Text.NextULong(ref text, out _)
        && Utf8Text.NextULong(ref text, out ulong timeslices)
        && (runTime, timeslices) != (0, 0)
            ? new RunCounters(runTime, timeslices)
            : null;
}
