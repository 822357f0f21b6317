using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Wire;

/// <summary>
/// The live state between two looks. What a receiver knows of a host is always a <see cref="Keyframe"/>: the last one that was
/// sent and every change applied since. What the sender keeps of it is in <see cref="LiveMirror"/>.
/// </summary>
public static class LiveStateDelta
{
    /// <summary>What has changed of one process; null where nothing has.</summary>
    public static ProcessDelta? Between(ProcessState before, ProcessState now)
    {
        var delta = new ProcessDelta(
            now.Key,
            Same(before.Facts, now.Facts) ? null : now.Facts,
            before.Threads.AsSpan().SequenceEqual(now.Threads.AsSpan()) ? null : now.Threads,
            before.Fds.AsSpan().SequenceEqual(now.Fds.AsSpan()) ? null : now.Fds);
        return delta is { Facts: null, Threads: null, Fds: null } ? null : delta;
    }

    /// <summary>The state after <paramref name="delta"/>; processes ascending by key.</summary>
    /// <exception cref="InvalidDataException">The delta changes a process that is not known, so a message was missed: a keyframe is needed.</exception>
    public static Keyframe Apply(Keyframe known, Delta delta)
    {
        Keyframe later = known with { TakenAt = delta.TakenAt, Visibility = delta.Visibility ?? known.Visibility, Agent = delta.Agent ?? known.Agent };
        if (delta.Changed.IsEmpty && delta.Removed.IsEmpty)
            return later;
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
        return later with { Processes = processes.ToImmutable() };
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
