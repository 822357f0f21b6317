using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// The consistent cut, without stopping anybody. A process none of whose threads ran between the counter reads of two looks stood still
/// in between; all who stood still did so at one common instant, between the end of the first look and the start of the second, and what
/// was read of them alike in both looks held at that instant.
/// </summary>
internal sealed class Steadiness
{
    private readonly Dictionary<ProcessKey, ProcessRecord> _before;
    private readonly ResourceIndex _holdersBefore;

    public Steadiness(Snapshot first)
    {
        _before = first.Processes.ToDictionary(process => process.Key);
        _holdersBefore = new ResourceIndex(first);
    }

    /// <returns>Why the process may have moved between the looks, or null if it stood still.</returns>
    public string? WhyItMayHaveMoved(ProcessRecord process)
    {
        if (!_before.TryGetValue(process.Key, out ProcessRecord? before))
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

    /// <summary>Whether somebody held this object at the first look who no longer does: an end may have been handed on unseen.</summary>
    public bool LostAHolder(FdTarget target, IEnumerable<ProcessKey> holdersNow)
    {
        var now = holdersNow.ToHashSet();
        return _holdersBefore.HoldersOf(target).Any(holder => !now.Contains(_holdersBefore[holder.Process].Key));
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
