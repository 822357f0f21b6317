using System.Collections.Immutable;
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
    public static string? WhyItMayHaveMoved(ProcessRecord? before, ProcessRecord process) =>
        before is null ? "it is new" : WhyItsThreadsMayHaveMoved(before, process) ?? (SameTable(before, process) ? null : OtherTable);

    /// <summary>The same without a look at the fd tables.</summary>
    public static string? WhyItsThreadsMayHaveMoved(ProcessRecord before, ProcessRecord process)
    {
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
        return null;
    }

    /// <summary>
    /// The same of the threads that count alone. One whose timeout does not count may have run, if it is where it was; what the others, of the runtime, did
    /// does not matter. They may come and go, but for one that is not known to be one of them.
    /// </summary>
    public static string? WhyTheseMayHaveMoved(ProcessRecord? before, ProcessRecord process, ImmutableArray<Waiter> waiters)
    {
        if (before is null)
            return "it is new";
        foreach (Waiter waiter in waiters)
        {
            if (before.Threads.FirstOrDefault(thread => thread.Tid == waiter.Thread.Tid) is not { } then)
                return "one of its threads is new";
            ThreadRecord now = waiter.Thread;
            if (waiter.Timed)
                continue; // the memory says that it is where it was
            if (then.Counters is null || now.Counters is null)
                return "whether it ran cannot be told";
            if (then.Counters != now.Counters)
                return "it ran between the two looks";
            if (then.State != now.State || then.Wchan != now.Wchan || !then.Call.Equals(now.Call))
                return "its wait changed between the two looks";
        }
        if (before.Threads.Any(then => !process.Threads.Any(now => now.Tid == then.Tid)))
            return "one of its threads has ended";
        return SameTable(before, process) ? null : OtherTable;
    }

    private const string OtherTable = "its fd table changed between the two looks";

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
