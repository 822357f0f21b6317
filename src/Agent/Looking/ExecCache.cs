using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>What is read of a process once, and again only after an exec, which changes comm or exe.</summary>
internal sealed class ExecCache<T>
{
    // Bounded by the number of processes: what the look before did not meet any more is dropped.
    private Dictionary<ProcessKey, Entry> _before = [];
    private Dictionary<ProcessKey, Entry> _now = [];

    private sealed record Entry(string Comm, string? Exe, T Value);

    internal void BeginLook()
    {
        (_before, _now) = (_now, _before);
        _now.Clear();
    }

    /// <summary>What is known; keeps it for the next look too.</summary>
    internal bool TryGet(StatFile stat, string? exe, out T? value)
    {
        var key = new ProcessKey(stat.Pid, stat.StartTimeTicks);
        bool known = _before.TryGetValue(key, out Entry? entry) && entry.Comm == stat.Comm && entry.Exe == exe;
        value = known ? entry!.Value : default;
        if (known)
            _now[key] = entry!;
        return known;
    }

    internal void Set(StatFile stat, string? exe, T value) => _now[new ProcessKey(stat.Pid, stat.StartTimeTicks)] = new Entry(stat.Comm, exe, value);
}
