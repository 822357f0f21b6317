using System.Net.Http.Headers;

namespace OrphanBoard.Server.Alerts;

/// <summary>When to try again: as the receiver asks, or with full jitter, so that those who wait do not come back all at once.</summary>
public sealed class RetryTimes(TimeProvider time, Random random)
{
    /// <summary>Bounds of what a receiver may ask for.</summary>
    private static readonly TimeSpan ShortestAsked = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>The first wait is from nothing to this; it doubles with each attempt.</summary>
    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);

    /// <summary>Older messages are given up.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    /// <param name="attempts">How often it has been tried before the attempt that just failed.</param>
    /// <param name="asked">Retry-After (RFC 9110, section 10.2.3): seconds or a date.</param>
    public DateTimeOffset Next(int attempts, RetryConditionHeaderValue? asked)
    {
        DateTimeOffset now = time.GetUtcNow();
        TimeSpan? wait = asked?.Delta ?? (asked?.Date - now);
        if (wait is { } w)
            return now + (w < ShortestAsked ? ShortestAsked : w > Longest ? Longest : w);
        double ceiling = Math.Min(Longest.TotalSeconds, First.TotalSeconds * Math.Pow(2, Math.Min(attempts, 30)));
        return now + TimeSpan.FromSeconds(random.NextDouble() * ceiling);
    }
}
