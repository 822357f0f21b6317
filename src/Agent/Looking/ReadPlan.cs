using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>How a process is to be read.</summary>
/// <param name="Before">As it was read before, or null.</param>
/// <param name="Suspect">With the costly facts: fdinfo, timers, when each thread last ran.</param>
/// <param name="Everything">Also the fd table and the waits that cannot have changed, for no thread of it has run.</param>
/// <param name="Check">A self-check, in which even the texts that others can change are read again: its paths, its cgroup.</param>
/// <param name="Stood">No thread has run since <paramref name="Before"/> was read.</param>
/// <param name="Origin">As <see cref="LookerOptions.Origin"/>.</param>
/// <param name="Maps">Of a suspect, its mappings are to tell what the kernel may do for it by itself: nothing else does.</param>
internal readonly record struct ReadPlan(ProcessRecord? Before, bool Suspect, bool Everything, bool Check, bool Stood, bool Origin, bool Maps = false);

internal static class StandingStill
{
    /// <summary>Whether a thread with these counters now has not run since it was read. One that was running then counts as having run: its counters follow late.</summary>
    internal static bool Stood(this ThreadRecord before, RunCounters? now) =>
        now is not null && before.Counters == now && before.State != 'R' && before.Call.Status != BlockedCallStatus.Running;
}
