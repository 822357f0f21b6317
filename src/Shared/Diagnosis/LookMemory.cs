using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// What earlier looks knew and one look cannot: since when a thread has not run, who the parent was before init or a subreaper took
/// over, since when a process is a zombie. Immutable; holds nothing of processes that have ended.
/// </summary>
public sealed class LookMemory
{
    private readonly ImmutableDictionary<ProcessKey, Remembered> _processes;
    private readonly string? _bootId;

    private LookMemory(ImmutableDictionary<ProcessKey, Remembered> processes, string? bootId)
    {
        _processes = processes;
        _bootId = bootId;
    }

    public static LookMemory Empty { get; } = new(ImmutableDictionary<ProcessKey, Remembered>.Empty, null);

    /// <summary>The memory after one more look. A look of another boot begins anew.</summary>
    public LookMemory Advance(Snapshot look)
    {
        ImmutableDictionary<ProcessKey, Remembered> before =
            _bootId == look.Host.BootId ? _processes : ImmutableDictionary<ProcessKey, Remembered>.Empty;
        Dictionary<int, ProcessRecord> byPid = look.Processes.ToDictionary(process => process.Pid);
        var after = ImmutableDictionary.CreateBuilder<ProcessKey, Remembered>();
        foreach (ProcessRecord process in look.Processes)
            after[process.Key] = Remember(process, before.GetValueOrDefault(process.Key), byPid, look);
        return new LookMemory(after.ToImmutable(), look.Host.BootId);
    }

    /// <summary>How long a thread is known not to have run: from the kernel's own record where it was read, else since it was first seen still. Null: not known.</summary>
    public TimeSpan? StillFor(Snapshot look, ProcessRecord process, ThreadRecord thread)
    {
        TimeSpan? since = thread.LastRan;
        if (_processes.TryGetValue(process.Key, out Remembered? known)
            && known.Threads.TryGetValue(thread.Tid, out Still still)
            && still.Counters == thread.Counters
            && (since is null || still.Since < since))
        {
            since = still.Since;
        }
        return since is { } moment && moment <= look.Uptime ? look.Uptime - moment : null;
    }

    /// <summary>Set when the parent was seen to exit, or is known to have exited.</summary>
    public OrphanInfo? LostParentOf(ProcessRecord process) => _processes.GetValueOrDefault(process.Key)?.Orphan;

    /// <summary>Whether <paramref name="ancestor"/> was above <paramref name="process"/> when that was first seen, whoever has adopted it since.</summary>
    public bool CameFrom(ProcessRecord process, ProcessRecord ancestor) =>
        _processes.GetValueOrDefault(process.Key)?.Ancestors.Contains(ancestor.Key) == true;

    /// <summary>Time since boot at which the process was first seen without its parent.</summary>
    public TimeSpan? OrphanSince(ProcessRecord process) => _processes.GetValueOrDefault(process.Key)?.OrphanSince;

    /// <summary>Time since boot at which the process was first seen as a zombie.</summary>
    public TimeSpan? ZombieSince(ProcessRecord process) => _processes.GetValueOrDefault(process.Key)?.ZombieSince;

    private static Remembered Remember(ProcessRecord process, Remembered? known, Dictionary<int, ProcessRecord> byPid, Snapshot look)
    {
        var threads = ImmutableDictionary.CreateBuilder<int, Still>();
        foreach (ThreadRecord thread in process.Threads)
        {
            if (thread.Counters is not { } counters)
                continue;
            threads[thread.Tid] = known is not null && known.Threads.TryGetValue(thread.Tid, out Still still) && still.Counters == counters
                ? still
                : new Still(counters, look.Uptime);
        }
        Parent? parent = byPid.TryGetValue(process.Ppid, out ProcessRecord? record) ? new Parent(record.Key, record.Comm) : null;
        OrphanInfo? orphan = known?.Orphan;
        TimeSpan? orphanSince = known?.OrphanSince;
        if (known?.Parent is { } before && parent is { } now && before.Key != now.Key)
        {
            orphan = new OrphanInfo(before.Key.Pid, before.Comm, now.Key.Pid, look.TakenAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ"), null);
            orphanSince = look.Uptime;
        }
        return new Remembered(
            parent ?? known?.Parent, known?.Ancestors ?? AncestorsOf(process, byPid),
            orphan, orphanSince, process.IsZombie ? known?.ZombieSince ?? look.Uptime : null, threads.ToImmutable());
    }

    /// <summary>Those above a process that is seen for the first time, nearest first.</summary>
    private static ImmutableArray<ProcessKey> AncestorsOf(ProcessRecord process, Dictionary<int, ProcessRecord> byPid)
    {
        var ancestors = ImmutableArray.CreateBuilder<ProcessKey>();
        // A pid reused while the look walked could close a circle of parents.
        while (byPid.TryGetValue(process.Ppid, out ProcessRecord? parent) && !ancestors.Contains(parent.Key))
        {
            ancestors.Add(parent.Key);
            process = parent;
        }
        return ancestors.ToImmutable();
    }

    private sealed record Remembered(
        Parent? Parent, ImmutableArray<ProcessKey> Ancestors, OrphanInfo? Orphan, TimeSpan? OrphanSince, TimeSpan? ZombieSince, ImmutableDictionary<int, Still> Threads);

    private readonly record struct Parent(ProcessKey Key, string Comm);

    private readonly record struct Still(RunCounters Counters, TimeSpan Since);
}
