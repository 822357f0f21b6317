namespace OrphanBoard.Agent.Streaming;

/// <summary>
/// Waiting times between attempts: anything from nothing to a bound that doubles ("full jitter"), so that many agents do not
/// come back at one moment when their server does.
/// </summary>
public sealed class Backoff(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Most = TimeSpan.FromSeconds(30);

    private TimeSpan _bound = First;

    public TimeSpan Next()
    {
        TimeSpan delay = _bound * random.NextDouble();
        _bound = _bound * 2 < Most ? _bound * 2 : Most;
        return delay;
    }

    public void Reset() => _bound = First;
}
