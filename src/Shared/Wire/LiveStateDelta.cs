using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Wire;

/// <summary>
/// The live state between two looks. What a receiver knows of a host is always a <see cref="Keyframe"/>: the last one that was
/// sent and every change applied since. The sender keeps the same keyframe and sends what leads from it to the newest look.
/// </summary>
public static class LiveStateDelta
{
    /// <summary>What leads from <paramref name="known"/> to the processes of a newer look; empty where nothing changed.</summary>
    public static Delta Between(Keyframe known, DateTimeOffset takenAt, Visibility visibility, ImmutableArray<ProcessState> processes)
    {
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
                before.Threads.AsSpan().SequenceEqual(now.Threads.AsSpan()) ? null : now.Threads,
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
                ? new ProcessState(before.Key, change.Facts ?? before.Facts, change.Threads ?? before.Threads, change.Fds ?? before.Fds)
                : before);
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

    private static bool Same(ProcessFacts a, ProcessFacts b) =>
        a with { Cmdline = null } == b with { Cmdline = null }
        && a.Cmdline.HasValue == b.Cmdline.HasValue
        && (a.Cmdline is not { } left || left.AsSpan().SequenceEqual(b.Cmdline!.Value.AsSpan()));
}
