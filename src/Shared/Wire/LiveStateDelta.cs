using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Wire;

/// <summary>
/// The live state between two looks. What a receiver knows of a host is always a <see cref="Keyframe"/>: the last one that was
/// sent and every change applied since. The sender keeps the same keyframe and sends what leads from it to the newest look.
/// </summary>
/// <remarks>
/// A thread that goes on waiting is no change: <see cref="Apply(Keyframe, Delta)"/> lets
/// <see cref="ThreadInfo.WaitedSeconds"/> grow by the time between two messages. It is sent again only where that is off by more
/// than <see cref="WaitedTolerance"/>, because the thread ran in between.
/// </remarks>
public static class LiveStateDelta
{
    /// <summary>How far a receiver's <see cref="ThreadInfo.WaitedSeconds"/> may be off.</summary>
    public static readonly TimeSpan WaitedTolerance = TimeSpan.FromSeconds(2);

    /// <summary>What leads from <paramref name="known"/> to the processes of a newer look; empty where nothing changed.</summary>
    public static Delta Between(Keyframe known, DateTimeOffset takenAt, Visibility visibility, ImmutableArray<ProcessState> processes)
    {
        double elapsed = Elapsed(known, takenAt);
        Dictionary<ProcessKey, ProcessState> gone = known.Processes.ToDictionary(p => p.Key);
        ImmutableArray<ProcessDelta>.Builder changed = ImmutableArray.CreateBuilder<ProcessDelta>();
        foreach (ProcessState now in processes)
        {
            if (!gone.Remove(now.Key, out ProcessState? before))
            {
                changed.Add(new ProcessDelta(now.Key, now.Facts, now.Threads, now.Fds));
                continue;
            }
            var delta = new ProcessDelta(
                now.Key,
                Same(before.Facts, now.Facts) ? null : now.Facts,
                Same(before.Threads, now.Threads, elapsed) ? null : now.Threads,
                before.Fds.AsSpan().SequenceEqual(now.Fds.AsSpan()) ? null : now.Fds);
            if (delta is not { Facts: null, Threads: null, Fds: null })
                changed.Add(delta);
        }
        return new Delta(takenAt, visibility == known.Visibility ? null : visibility, changed.ToImmutable(), [.. gone.Keys.Order()]);
    }

    /// <summary>The state after <paramref name="delta"/>; processes ascending by key.</summary>
    /// <exception cref="InvalidDataException">The delta changes a process that is not known, so a message was missed: a keyframe is needed.</exception>
    public static Keyframe Apply(Keyframe known, Delta delta)
    {
        double elapsed = Elapsed(known, delta.TakenAt);
        HashSet<ProcessKey> removed = [.. delta.Removed];
        var changed = new Dictionary<ProcessKey, ProcessDelta>(delta.Changed.Length);
        foreach (ProcessDelta change in delta.Changed)
            changed[change.Key] = change;

        ImmutableArray<ProcessState>.Builder processes = ImmutableArray.CreateBuilder<ProcessState>(known.Processes.Length + changed.Count);
        foreach (ProcessState before in known.Processes)
        {
            if (removed.Contains(before.Key))
                continue;
            processes.Add(changed.Remove(before.Key, out ProcessDelta? change)
                ? new ProcessState(before.Key, change.Facts ?? before.Facts, change.Threads ?? WaitOn(before.Threads, elapsed), change.Fds ?? before.Fds)
                : before with { Threads = WaitOn(before.Threads, elapsed) });
        }
        foreach (ProcessDelta added in changed.Values)
        {
            if (added is not { Facts: { } facts, Threads: { } threads, Fds: { } fds })
                throw new InvalidDataException($"delta changes process {added.Key}, which is not known");
            processes.Add(new ProcessState(added.Key, facts, threads, fds));
        }
        processes.Sort((a, b) => a.Key.CompareTo(b.Key));
        return known with { TakenAt = delta.TakenAt, Visibility = delta.Visibility ?? known.Visibility, Processes = processes.ToImmutable() };
    }

    /// <summary>The state after findings were opened, changed or ended. Ending one that is not known changes nothing.</summary>
    public static Keyframe Apply(Keyframe known, FindingChanges changes)
    {
        HashSet<string> replaced = [.. changes.Ended.Select(e => e.Id), .. changes.Opened.Select(f => f.Id)];
        return known with { Findings = [.. known.Findings.Where(f => !replaced.Contains(f.Id)), .. changes.Opened] };
    }

    // A host whose wall clock was set back has not waited less.
    private static double Elapsed(Keyframe known, DateTimeOffset takenAt) => Math.Max(0, (takenAt - known.TakenAt).TotalSeconds);

    private static ImmutableArray<ThreadInfo> WaitOn(ImmutableArray<ThreadInfo> threads, double elapsed) =>
        elapsed == 0 || threads.All(t => t.WaitedSeconds is null)
            ? threads
            : [.. threads.Select(t => t with { WaitedSeconds = t.WaitedSeconds + elapsed })];

    private static bool Same(ProcessFacts a, ProcessFacts b) =>
        a with { Cmdline = null } == b with { Cmdline = null }
        && a.Cmdline.HasValue == b.Cmdline.HasValue
        && (a.Cmdline is not { } left || left.AsSpan().SequenceEqual(b.Cmdline!.Value.AsSpan()));

    private static bool Same(ImmutableArray<ThreadInfo> before, ImmutableArray<ThreadInfo> now, double elapsed)
    {
        if (before.Length != now.Length)
            return false;
        for (int i = 0; i < now.Length; i++)
        {
            double? off = before[i].WaitedSeconds + elapsed - now[i].WaitedSeconds;
            if (off is { } seconds && Math.Abs(seconds) > WaitedTolerance.TotalSeconds
                || before[i].WaitedSeconds.HasValue != now[i].WaitedSeconds.HasValue
                || before[i] with { WaitedSeconds = null } != now[i] with { WaitedSeconds = null })
                return false;
        }
        return true;
    }
}
