using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// The consistent cut, without stopping anybody. A process none of whose threads ran between the counter reads of two looks stood still
/// in between; all who stood still did so at one common instant, between the end of the first look and the start of the second, and what
/// was read of them alike in both looks held at that instant.
/// </summary>
internal static class Steadiness
{
    /// <param name="before">The process at the first look; null: it was not there.</param>
    /// <param name="process">The process at the second look.</param>
    /// <returns>Why it may have moved between the looks, or null if it stood still.</returns>
    public static string? WhyItMayHaveMoved(ProcessRecord? before, ProcessRecord process)
    {
        if (before is null)
            return "it is new";
        if (before.Threads.Length != process.Threads.Length)
            return "its threads came or went";
        for (int i = 0; i < process.Threads.Length; i++)
        {
            ThreadRecord then = before.Threads[i], now = process.Threads[i];
            if (then.Tid != now.Tid)
                return "its threads came or went";
            if (then.Counters is null || now.Counters is null)
                return "whether it ran cannot be told";
            if (then.Counters != now.Counters)
                return "it ran between the two looks";
            if (then.State != now.State || then.Wchan != now.Wchan || !then.Call.Equals(now.Call))
                return "its wait changed between the two looks";
        }
        return SameTable(before, process) ? null : "its fd table changed between the two looks";
    }

    private static bool SameTable(ProcessRecord then, ProcessRecord now)
    {
        if (then.FdSight != now.FdSight || then.Fds.Length != now.Fds.Length)
            return false;
        for (int i = 0; i < now.Fds.Length; i++)
        {
            FileDescriptor a = then.Fds[i], b = now.Fds[i];
            // The ids of eventfds and pidfds come from fdinfo, which is read of suspects only: the text has to do.
            if (a.Number != b.Number || a.Access != b.Access || a.Target.Text != b.Target.Text)
                return false;
        }
        return true;
    }
}
