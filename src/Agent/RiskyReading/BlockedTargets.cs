using System.Runtime.InteropServices;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.RiskyReading;

/// <summary>
/// Who blocked a read and is not to be asked again for a while: until the back-off is over, which doubles each time, or a tenth of it where the target has
/// run since. (At once would be too soon: of a process one thread may hold the lock while the others run all the time, and each try costs a deadline.)
/// </summary>
internal sealed class BlockedTargets(TimeProvider time, TimeSpan backOff, TimeSpan maxBackOff)
{
    private const int MovedShare = 10;

    // Bounded: each entry took a deadline to come by, and those that nobody asked for during twice the longest back-off are dropped.
    private readonly Dictionary<BlockedTarget, Entry> _entries = [];

    private record struct Entry(long Since, TimeSpan Wait, ulong Moved, long LastAsked);

    /// <summary>Whether it is remembered as blocked, and not to be asked now.</summary>
    /// <param name="moved">The sum of its run counters.</param>
    internal bool IsWaiting(BlockedTarget target, ulong moved)
    {
        if (_entries.Count == 0)
            return false;
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, target);
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref entry))
            return false;
        entry.LastAsked = time.GetTimestamp();
        return time.GetElapsedTime(entry.Since) < (moved == entry.Moved ? entry.Wait : entry.Wait / MovedShare);
    }

    internal bool IsEmpty => _entries.Count == 0;

    internal bool Contains(BlockedTarget target) => _entries.ContainsKey(target);

    /// <summary>Whether any of its locks is remembered as held.</summary>
    internal bool ContainsAny(ProcessKey process) => _entries.Count > 0
        && (Contains(new BlockedTarget(process, TargetLock.Memory)) || Contains(new BlockedTarget(process, TargetLock.Exec)) || Contains(new BlockedTarget(process, TargetLock.Epoll)));

    internal void Add(BlockedTarget target, ulong moved)
    {
        long now = time.GetTimestamp();
        TimeSpan wait = _entries.TryGetValue(target, out Entry before) ? before.Wait * 2 : backOff;
        Forget(now);
        _entries[target] = new Entry(now, wait < maxBackOff ? wait : maxBackOff, moved, now);
    }

    /// <summary>It has answered.</summary>
    internal void Remove(BlockedTarget target) => _entries.Remove(target);

    private void Forget(long now)
    {
        foreach ((BlockedTarget target, Entry entry) in _entries)
        {
            if (time.GetElapsedTime(entry.LastAsked, now) > maxBackOff * 2)
                _entries.Remove(target);
        }
    }
}
