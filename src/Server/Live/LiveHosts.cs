using System.Collections.Concurrent;
using OrphanBoard.Server.History;

namespace OrphanBoard.Server.Live;

/// <summary>
/// The newest view of each host that has been heard of since the server started. Bounded by the number of hosts; views are immutable.
/// To watch: subscribe first, then read, so that no change falls between the two.
/// </summary>
public sealed class LiveHosts
{
    private readonly ConcurrentDictionary<string, HostView> _views = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, Watcher> _watchers = [];
    private long _lastWatcher;

    /// <summary>All hosts by name.</summary>
    public IReadOnlyList<HostView> Current =>
        [.. _views.Values.OrderBy(v => v.Host.Name, StringComparer.Ordinal).ThenBy(v => v.Host.Id, StringComparer.Ordinal)];

    /// <summary>Null: not heard of since the server started.</summary>
    public HostView? Find(string hostId) => _views.GetValueOrDefault(hostId);

    /// <summary>Calls back after each new view, on the publisher's thread: a handler must only wake somebody, and bursts are the consumer's to coalesce.</summary>
    /// <param name="hostId">Null: all hosts.</param>
    /// <returns>Ends the subscription; disposing it twice is harmless.</returns>
    public IDisposable Subscribe(string? hostId, Action onChange)
    {
        long id = Interlocked.Increment(ref _lastWatcher);
        _watchers[id] = new Watcher(hostId, onChange);
        return new Subscription(() => _watchers.TryRemove(id, out _));
    }

    internal void Publish(HostView view)
    {
        _views[view.Host.Id] = view;
        foreach (Watcher watcher in _watchers.Values)
            if (watcher.HostId is null || watcher.HostId == view.Host.Id)
                watcher.OnChange();
    }

    private sealed record Watcher(string? HostId, Action OnChange);
}
