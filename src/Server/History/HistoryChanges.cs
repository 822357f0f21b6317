namespace OrphanBoard.Server.History;

/// <summary>Tells that episodes or fingerprints have changed. Handlers run on the writer's thread: they must only wake somebody.</summary>
public sealed class HistoryChanges
{
    private readonly Lock _gate = new();
    private Action? _handlers;

    /// <summary>Disposing it twice is harmless.</summary>
    public IDisposable Subscribe(Action onChange)
    {
        lock (_gate)
            _handlers += onChange;
        return new Subscription(() =>
        {
            lock (_gate)
                _handlers -= onChange;
        });
    }

    internal void Raise()
    {
        Action? handlers;
        lock (_gate)
            handlers = _handlers;
        handlers?.Invoke();
    }
}

/// <summary>Runs an action once, at the first disposal.</summary>
public sealed class Subscription(Action unsubscribe) : IDisposable
{
    private Action? _unsubscribe = unsubscribe;

    public void Dispose() => Interlocked.Exchange(ref _unsubscribe, null)?.Invoke();
}
