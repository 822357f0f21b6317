using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who above a hang may end it by itself, and so the hang: a parent with an armed timer whose signal it catches, as timeout(1) has; one that waits for
/// signals with a timeout; one that polls the output of those that hang with a timeout of a second or more.
/// </summary>
internal static class Limits
{
    /// <summary>Who polls more often than this, milliseconds, looks now and then and does not wait for a limit.</summary>
    private const int ShortestLimit = 1000;

    private const int MostAncestors = 64;

    /// <summary>The nearest, in words; null for none.</summary>
    public static string? Of(Evidence evidence, ImmutableArray<int> pids)
    {
        foreach (int pid in pids)
        {
            HostProcess? above = evidence.Resources.Find(pid);
            for (int steps = 0; steps < MostAncestors && above is not null; steps++)
            {
                above = evidence.Resources.ParentOf(above);
                // Who is above the looker, as a time limit around it, would end the looker too: from there it is its hang to tell.
                if (above is null || above.Pid == evidence.Last.ObserverPid)
                    break;
                if (!pids.Contains(above.Pid) && HowItIsLimited(evidence, above, pids) is { } how)
                    return $"{Narrator.Name(above.Record)} above it {how}: it may kill it.";
            }
        }
        return null;
    }

    /// <summary>Worth to be asked for its timers, where somebody below it may hang.</summary>
    public static bool MayHaveATimer(ProcessRecord process) => (process.SignalsCaught & SignalMask.IntervalTimers) != 0;

    private static string? HowItIsLimited(Evidence evidence, HostProcess process, ImmutableArray<int> pids)
    {
        ImmutableArray<Wait> waits = process.WaitsOf(evidence.Last.Host);
        if (MayHaveATimer(process.Record) && (LocalFact.HasTimer(process.Record, Housekeeping.In(process.Record, waits)) || process.Record.HasAlarm == true))
            return "waits with a timer";
        int place = 0;
        foreach (ThreadRecord thread in HostProcess.ThreadsOf(process.Record))
        {
            Wait wait = waits[place++];
            if (wait is { Call: SystemCall.RtSigtimedwait, Bounded: Bounded.Yes })
                return "waits for a signal with a timeout";
            if (wait is { Call: SystemCall.Poll, Bounded: Bounded.Yes } && (int)thread.Call.Arguments[2] >= ShortestLimit
                && wait.Members.Any(member => member.Target is { } target && evidence.Resources.HoldersOf(target).Any(holder => pids.Contains(holder.Process))))
            {
                return "waits for its output with a timeout";
            }
        }
        return null;
    }
}
