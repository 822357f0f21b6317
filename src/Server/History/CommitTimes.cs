namespace OrphanBoard.Server.History;

/// <summary>How long commits took, for <c>/metrics</c>: a histogram of fixed bounds.</summary>
public sealed class CommitTimes
{
    /// <summary>Upper bounds, seconds; what is longer counts only in the total.</summary>
    public static ReadOnlySpan<double> Bounds => [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[Bounds.Length];
    private long _count;
    private double _sum;

    public void Add(TimeSpan duration)
    {
        double seconds = duration.TotalSeconds;
        lock (_gate)
        {
            _count++;
            _sum += seconds;
            for (int i = 0; i < _counts.Length; i++)
                if (seconds <= Bounds[i])
                    _counts[i]++;
        }
    }

    /// <returns>Cumulative counts for each of <see cref="Bounds"/>, the total count and the sum in seconds.</returns>
    public (long[] Counts, long Count, double Sum) Read()
    {
        lock (_gate)
            return ([.. _counts], _count, _sum);
    }
}
