using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Wire;

/// <summary>
/// The sender's side of the live state: all processes of the newest look, and of those that have changed what the receiver knows
/// instead. A look costs time by the number of processes, and memory only by those that changed: one that did not is the same
/// <see cref="ProcessRecord"/> as before. What is shown of a process is made from its record when it is sent, and not kept.
/// </summary>
/// <remarks>Holds nothing of a look but its records. Not for use by two threads at once.</remarks>
public sealed class LiveMirror(HostIdentity host)
{
    private const int Burst = 1024;

    // Two arrays that change places with each look, ascending by pid.
    private MirrorEntry[] _entries = [], _spare = [];
    private int _count;

    /// <summary>
    /// What the receiver knows of each process that has changed since; the entry is empty where it knows nothing. Null: it knows
    /// nothing at all. Bounded: past twice the number of processes a keyframe is cheaper.
    /// </summary>
    private Dictionary<ProcessKey, MirrorEntry>? _known;

    /// <summary>Whether the receiver needs a keyframe.</summary>
    public bool NeedsKeyframe => _known is null;

    /// <summary>Takes in the next look.</summary>
    /// <param name="orphanOf">Set for an orphan; may change although the record does not.</param>
    public void Update(Snapshot look, Func<ProcessRecord, OrphanInfo?> orphanOf)
    {
        ReadOnlySpan<ProcessRecord> now = look.Processes.AsSpan();
        if (_spare.Length < now.Length)
            _spare = new MirrorEntry[Math.Max(now.Length, _spare.Length + _spare.Length / 4)];
        int before = 0;
        for (int i = 0; i < now.Length; i++)
        {
            ProcessRecord process = now[i];
            for (; before < _count && _entries[before].Record.Pid < process.Pid; before++)
                Gone(_entries[before]);
            var entry = new MirrorEntry(process, orphanOf(process));
            if (before < _count && _entries[before].Record.Pid == process.Pid)
                Replaced(_entries[before++], entry);
            else
                Came(process.Key);
            _spare[i] = entry;
        }
        for (; before < _count; before++)
            Gone(_entries[before]);
        Array.Clear(_entries, 0, _count);
        (_entries, _spare, _count) = (_spare, _entries, now.Length);
        if (_known is { } known && known.Count > Burst + 2 * _count)
            _known = null;
    }

    /// <summary>Whether a process is there and has not exited, waited for or not.</summary>
    public bool IsAlive(ProcessKey key) => Find(key) is { Record: { } process } && (process.State != 'Z' || !process.Threads.IsEmpty);

    /// <summary>All processes, for a keyframe; from now on changes are counted from here.</summary>
    public LiveProcesses TakeAll()
    {
        _known = [];
        return new LiveProcesses(host, _entries.AsSpan(0, _count).ToArray());
    }

    /// <summary>What leads from what the receiver knows to the newest look, both ascending by key; from now on changes are counted from here.</summary>
    /// <exception cref="InvalidOperationException">A keyframe is needed first.</exception>
    public (ImmutableArray<ProcessDelta> Changed, ImmutableArray<ProcessKey> Removed) TakeChanges()
    {
        Dictionary<ProcessKey, MirrorEntry> known = _known ?? throw new InvalidOperationException("the receiver knows nothing yet: it needs a keyframe");
        if (known.Count == 0)
            return ([], []);
        ImmutableArray<ProcessDelta>.Builder changed = ImmutableArray.CreateBuilder<ProcessDelta>(known.Count);
        ImmutableArray<ProcessKey>.Builder removed = ImmutableArray.CreateBuilder<ProcessKey>();
        foreach ((ProcessKey key, MirrorEntry before) in known)
        {
            MirrorEntry now = Find(key);
            if (now.Record is null)
                removed.Add(key);
            else if (before.Record is null)
                changed.Add(Whole(LiveState.Of(host, now.Record, now.Orphan)));
            else if (!now.ShowsSameAs(before) && now.ChangesSince(before, host) is { } delta)
                changed.Add(delta);
        }
        // A burst is over some time; its room need not be kept.
        if (known.Count > Burst)
            _known = [];
        else
            known.Clear();
        changed.Sort((a, b) => a.Key.CompareTo(b.Key));
        removed.Sort();
        return (changed.ToImmutable(), removed.ToImmutable());
    }

    /// <summary>The receiver has lost what it knew, or what it was sent last did not reach it.</summary>
    public void ForgetReceiver() => _known = null;

    private static ProcessDelta Whole(ProcessState state) => new(state.Key, state.Facts, state.Threads, state.Fds);

    private void Replaced(in MirrorEntry before, in MirrorEntry now)
    {
        if (before.Record.StartTimeTicks != now.Record.StartTimeTicks)
        {
            Gone(before);
            Came(now.Record.Key);
        }
        else if (!ReferenceEquals(before.Record, now.Record) || before.Orphan != now.Orphan)
        {
            _known?.TryAdd(before.Record.Key, before);
        }
    }

    private void Came(ProcessKey key) => _known?.TryAdd(key, default);

    private void Gone(in MirrorEntry before)
    {
        if (_known is not { } known)
            return;
        ProcessKey key = before.Record.Key;
        // What came and went in between is nobody's business.
        if (!known.TryAdd(key, before) && known[key].Record is null)
            known.Remove(key);
    }

    private MirrorEntry Find(ProcessKey key)
    {
        int low = 0, high = _count - 1;
        while (low <= high)
        {
            int middle = low + (high - low) / 2;
            int pid = _entries[middle].Record.Pid;
            if (pid == key.Pid)
                return _entries[middle].Record.StartTimeTicks == key.StartTimeTicks ? _entries[middle] : default;
            if (pid < key.Pid)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return default;
    }
}

/// <summary>One process of a <see cref="LiveMirror"/>; empty for none.</summary>
internal readonly record struct MirrorEntry(ProcessRecord Record, OrphanInfo? Orphan)
{
    internal ProcessState StateOn(HostIdentity host) => LiveState.Of(host, Record, Orphan);

    /// <summary>What is shown otherwise than before; null: nothing.</summary>
    internal ProcessDelta? ChangesSince(in MirrorEntry before, HostIdentity host)
    {
        ProcessState shown = before.StateOn(host);
        return LiveStateDelta.Between(shown, LiveState.Of(host, Record, Orphan, (before.Record, shown)));
    }

    /// <summary>
    /// True: nothing that is shown can have changed. It has been read again, and only its counters may differ. A member that is added to the
    /// records counts as shown until it is named here.
    /// </summary>
    internal bool ShowsSameAs(in MirrorEntry before) =>
        Orphan == before.Orphan
        && before.Record with
        {
            CpuTicks = Record.CpuTicks,
            Cmdline = Record.Cmdline,
            Threads = Record.Threads,
            Fds = Record.Fds,
            SharesMemoryWith = Record.SharesMemoryWith,
        } == Record
        && before.Record.Cmdline.HasValue == Record.Cmdline.HasValue
        && Same(before.Record.Cmdline.GetValueOrDefault([]), Record.Cmdline.GetValueOrDefault([]))
        && Same(before.Record.Threads, Record.Threads)
        && Same(before.Record.Fds, Record.Fds);

    private static bool Same<T>(ImmutableArray<T> a, ImmutableArray<T> b) where T : IEquatable<T> =>
        a == b || a.AsSpan().SequenceEqual(b.AsSpan());
}

/// <summary>All processes of a look, made into what is shown one by one while they are enumerated. Holds records only.</summary>
public sealed class LiveProcesses
{
    private readonly HostIdentity _host;
    private readonly MirrorEntry[] _entries;

    internal LiveProcesses(HostIdentity host, MirrorEntry[] entries) => (_host, _entries) = (host, entries);

    public int Count => _entries.Length;

    /// <summary>Ascending by key.</summary>
    public IEnumerable<ProcessState> States => _entries.Select(entry => entry.StateOn(_host));
}
