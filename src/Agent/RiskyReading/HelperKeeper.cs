using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.RiskyReading;

/// <summary>Keeps one helper ready, and counts those that were given up.</summary>
internal sealed class HelperKeeper : IDisposable
{
    private readonly TimeProvider _time;
    private readonly string _procPath;
    private readonly RiskyReadOptions _options;

    // At most MaxGivenUp that have not ended, and one that works.
    private readonly List<Task> _givenUp = [];
    private ReadHelper? _current;
    private long? _failedAt;

    internal HelperKeeper(TimeProvider time, string procPath, RiskyReadOptions options)
    {
        (_time, _procPath, _options) = (time, procPath, options);
        Start();
    }

    internal ReadingMode Mode { get; private set; }

    internal string? WhyNone { get; private set; }

    internal int? Pid => _current?.Pid;

    internal int GivenUp
    {
        get
        {
            _givenUp.RemoveAll(ended => ended.IsCompleted);
            return _givenUp.Count;
        }
    }

    internal Task AllEnded => Task.WhenAll(_givenUp);

    /// <summary>The helper, started anew where there is none. Null: <see cref="Mode"/> says what that means.</summary>
    internal ReadHelper? Get()
    {
        if (_current is null && !MayStart())
            return null;
        if (_current is null)
            Start();
        if (_current is { } helper && !helper.WaitUntilReady(_options.StartDeadline))
            Fail($"it did not come to be ready within {_options.StartDeadline.TotalSeconds:0.#} s, or ended before");
        if (_current is not null)
            (Mode, WhyNone, _failedAt) = (ReadingMode.Helper, null, null);
        return _current;
    }

    /// <summary>Kills the helper and leaves it alone. The next one is started at once, so that it is there when it is wanted.</summary>
    internal void GiveUp()
    {
        Drop();
        if (MayStart())
            Start();
    }

    public void Dispose()
    {
        if (_current is null)
            return;
        _givenUp.Add(_current.Ended);
        _current.Dispose();
        _current = null;
    }

    private bool MayStart()
    {
        if (GivenUp >= _options.MaxGivenUp)
        {
            Mode = ReadingMode.Suspended;
            return false;
        }
        if (_failedAt is not { } failed || _time.GetElapsedTime(failed) >= _options.BackOff)
            return true;
        Mode = ReadingMode.Direct;
        return false;
    }

    private void Start()
    {
        try
        {
            _current = ReadHelper.Start(_options.Command, _procPath);
        }
        catch (LinuxException e)
        {
            Fail(e.Message);
        }
    }

    private void Fail(string why)
    {
        Drop();
        (Mode, WhyNone, _failedAt) = (ReadingMode.Direct, why, _time.GetTimestamp());
    }

    private void Drop()
    {
        if (_current is null)
            return;
        _givenUp.Add(_current.Ended);
        _current.GiveUp();
        _current = null;
    }
}
