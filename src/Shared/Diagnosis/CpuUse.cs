namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Whether a process works, by the CPU time that it used over some seconds: whether it happens to run at the moment of a look is another thing at each look.
/// </summary>
/// <param name="since">Time since boot at which it was first seen.</param>
/// <param name="ticks">Its CPU time then, in clock ticks.</param>
internal sealed class CpuUse(TimeSpan since, ulong ticks)
{
    /// <summary>Over less, the clock ticks in which the kernel tells CPU time (10 ms mostly) are too coarse.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>Of a core. Who works at this share of it is busy until it falls below the other: nobody is to be told of anew at each look.</summary>
    private const double IsWork = 0.05, IsRest = 0.02;

    private TimeSpan _since = since;
    private ulong _ticks = ticks;
    private bool? _busy;

    /// <summary>A look at which it has used more than before.</summary>
    /// <param name="now">Time since boot.</param>
    /// <param name="total">Its CPU time, in clock ticks.</param>
    /// <param name="ticksPerSecond">Clock ticks of the host.</param>
    public void Add(TimeSpan now, ulong total, int ticksPerSecond)
    {
        if (now - _since < Window)
            return;
        _busy = IsBusy(now, total, ticksPerSecond);
        (_since, _ticks) = (now, total);
    }

    /// <summary>As the last whole window shows it. Null: it has not been seen for so long.</summary>
    public bool? IsBusy(TimeSpan now, ulong total, int ticksPerSecond) => now - _since < Window ? _busy
        : (total - _ticks) / (double)ticksPerSecond / (now - _since).TotalSeconds >= (_busy == true ? IsRest : IsWork);
}
