using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
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
    private Keyframe? _last;

    /// <summary>The next look.</summary>
    public void Observe(Keyframe look)
    {
        lock (_gate)
        {
            if (_last is { } last && FindingsDelta.Between(last, look) is { } changes)
            {
                foreach (EndedFinding end in changes.Ended)
                    _passed.Add(new PassedFinding(last.Findings.First(f => f.Id == end.Id), last.TakenAt, end));
                _passed.RemoveRange(0, Math.Max(0, _passed.Count - Most));
            }
            _passed.RemoveAll(p => look.Findings.Any(f => f.Id == p.Finding.Id));
            _last = look;
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
