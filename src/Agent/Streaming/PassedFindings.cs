using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Streaming;

/// <param name="Finding">As it was last seen.</param>
/// <param name="LastSeen">The look that saw it last.</param>
/// <param name="End">How it ended.</param>
public sealed record PassedFinding(Finding Finding, DateTimeOffset LastSeen, EndedFinding End);

/// <summary>
/// Findings that ended while nobody was told of them: a hang that came and went while the server was away is evidence too.
/// Bounded: past <see cref="Most"/> the oldest are dropped.
/// </summary>
public sealed class PassedFindings
{
    public const int Most = 256;

    private readonly Lock _gate = new();
    private readonly List<PassedFinding> _passed = [];
    private ImmutableArray<Finding> _last = [];
    private DateTimeOffset _lastTakenAt;

    /// <summary>The next look.</summary>
    /// <param name="findings">Those that are open.</param>
    /// <param name="isAlive">Whether a process is there in this look and no zombie.</param>
    public void Observe(DateTimeOffset takenAt, ImmutableArray<Finding> findings, Func<ProcessKey, bool> isAlive)
    {
        lock (_gate)
        {
            foreach (EndedFinding end in FindingsDelta.Ended(_last, findings, isAlive))
                _passed.Add(new PassedFinding(_last.First(f => f.Id == end.Id), _lastTakenAt, end));
            if (_passed.Count > 0)
            {
                _passed.RemoveRange(0, Math.Max(0, _passed.Count - Most));
                _passed.RemoveAll(p => findings.Any(f => f.Id == p.Finding.Id));
            }
            (_last, _lastTakenAt) = (findings, takenAt);
        }
    }

    /// <summary>Those that are not known to have been told.</summary>
    public ImmutableArray<PassedFinding> Waiting
    {
        get
        {
            lock (_gate)
                return [.. _passed];
        }
    }

    /// <summary>The server has heard of these.</summary>
    public void Forget(ImmutableArray<PassedFinding> told)
    {
        lock (_gate)
            _passed.RemoveAll(told.Contains);
    }
}
