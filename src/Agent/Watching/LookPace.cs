namespace OrphanBoard.Agent.Watching;

/// <summary>
/// How often to look. Over its CPU budget for <see cref="Window"/> the agent looks half as often, down to every <see cref="Slowest"/>; under half of
/// the budget for <see cref="CalmTime"/> it looks twice as often again, up to what is configured. Halving the work of one that was over the budget
/// leaves it over half of it, so it does not swing. Pure: numbers in, interval out.
/// </summary>
/// <param name="configured">Time between two looks that was asked for.</param>
/// <param name="budget">CPU, as a fraction of one core.</param>
public sealed class LookPace(TimeSpan configured, double budget)
{
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10), CalmTime = TimeSpan.FromSeconds(60), Slowest = TimeSpan.FromSeconds(10);

    private TimeSpan? _lastBegan;
    private (TimeSpan At, TimeSpan Cpu)? _window;
    private bool _measured;
    private TimeSpan _calm, _cpu;

    public TimeSpan Configured { get; } = configured;
    public double Budget { get; } = budget;

    /// <summary>Time between two looks, now.</summary>
    public TimeSpan Interval { get; private set; } = configured;

    /// <summary>CPU over the last whole window, or over what there is of the first one: a fraction of one core.</summary>
    public double Fraction { get; private set; }

    public long Looks { get; private set; }

    /// <summary>Looks that were due and not taken because the one before was late.</summary>
    public long Missed { get; private set; }

    /// <summary>A look begins.</summary>
    /// <param name="at">Monotonic time.</param>
    public void Begin(TimeSpan at)
    {
        if (_lastBegan is { } last)
            Missed += Math.Max(0, (long)((at - last) / Interval) - 1);
        _lastBegan = at;
        Looks++;
    }

    /// <summary>Once per look. True: <see cref="Interval"/> has changed.</summary>
    /// <param name="at">Monotonic time.</param>
    /// <param name="cpu">All CPU used so far, as far as it shows: that of a helper that was killed does not until it has been waited for.</param>
    public bool Observe(TimeSpan at, TimeSpan cpu)
    {
        cpu = _cpu = cpu > _cpu ? cpu : _cpu;
        if (_window is not { } window)
        {
            _window = (at, cpu);
            return false;
        }
        TimeSpan elapsed = at - window.At;
        if (elapsed <= TimeSpan.Zero)
            return false;
        double fraction = (cpu - window.Cpu) / elapsed;
        if (!_measured || elapsed >= Window)
            Fraction = fraction;
        if (elapsed < Window)
            return false;
        _measured = true;
        _window = (at, cpu);
        TimeSpan before = Interval;
        _calm = fraction < Budget / 2 ? _calm + elapsed : TimeSpan.Zero;
        if (fraction > Budget && Interval < Slowest)
        {
            Interval = Interval * 2 < Slowest ? Interval * 2 : Slowest;
        }
        else if (_calm >= CalmTime && Interval > Configured)
        {
            Interval = Interval / 2 > Configured ? Interval / 2 : Configured;
            _calm = TimeSpan.Zero;
        }
        return Interval != before;
    }
}
