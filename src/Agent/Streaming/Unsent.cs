using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Streaming;

/// <summary>
/// Between the looks and the server: what the server has not been sent yet. Looks come at their own pace; while the server is slow or away they run
/// together into one. Safe for one that offers and one that takes.
/// </summary>
public sealed class Unsent(HostIdentity host, AgentUsage agent, TimeProvider time)
{
    /// <summary>What the agent says of itself is sent again after so long, and at once when its pace has changed.</summary>
    public static readonly TimeSpan AgentEvery = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly LiveMirror _mirror = new(host);
    private readonly PassedFindings _passed = new();
    private Keyframe? _newest;
    private AgentUsage? _toldAgent;
    private long _toldAgentAt;

    /// <summary>What the agent says of itself as of the newest look.</summary>
    public AgentUsage Agent
    {
        get
        {
            lock (_gate)
                return _newest?.Agent ?? agent;
        }
    }

    /// <summary>Takes in a look. Nothing of it is kept but its records.</summary>
    /// <param name="findings">Those that are open.</param>
    /// <param name="orphanOf">Set for an orphan.</param>
    public void Offer(
        Snapshot look, Visibility visibility, ImmutableArray<Finding> findings, Func<ProcessRecord, OrphanInfo?> orphanOf, AgentUsage usage)
    {
        lock (_gate)
        {
            _mirror.Update(look, orphanOf);
            _passed.Observe(look.TakenAt, findings, _mirror.IsAlive);
            _newest = new Keyframe(look.TakenAt, visibility, [], findings, usage);
        }
    }

    /// <summary>What leads from what the server knows to the newest look; it counts as sent from now on. There has been a look.</summary>
    /// <param name="known">As it was told last on this connection; null: nothing.</param>
    public Outgoing Take(Keyframe? known)
    {
        lock (_gate)
        {
            Keyframe look = _newest ?? throw new InvalidOperationException("no look has been offered");
            ImmutableArray<PassedFinding> passed = _passed.Waiting;
            // Of what the server knew to be open it hears anyway.
            ImmutableArray<PassedFinding> untold = [.. passed.Where(p => known is null || known.Findings.All(f => f.Id != p.Finding.Id))];
            if (known is null || _mirror.NeedsKeyframe)
            {
                TellAgent(look.Agent!);
                return new Outgoing(look, _mirror.TakeAll(), null, null, passed, untold);
            }
            FindingChanges? findings = FindingsDelta.Between(known.Findings, look.TakenAt, look.Findings, _mirror.IsAlive);
            (ImmutableArray<ProcessDelta> changed, ImmutableArray<ProcessKey> removed) = _mirror.TakeChanges();
            var delta = new Delta(look.TakenAt, look.Visibility == known.Visibility ? null : look.Visibility, changed, removed, AgentIfDue(look.Agent!));
            return new Outgoing(look, null, findings, delta, passed, untold);
        }
    }

    /// <summary>The server has heard of these.</summary>
    public void Forget(ImmutableArray<PassedFinding> told) => _passed.Forget(told);

    /// <summary>What was taken did not reach the server, or it has lost what it knew: the next that is taken is a keyframe.</summary>
    public void ForgetReceiver()
    {
        lock (_gate)
            _mirror.ForgetReceiver();
    }

    private AgentUsage? AgentIfDue(AgentUsage now)
    {
        bool due = _toldAgent?.IntervalMs != now.IntervalMs || time.GetElapsedTime(_toldAgentAt) >= AgentEvery;
        if (due)
            TellAgent(now);
        return due ? now : null;
    }

    private void TellAgent(AgentUsage now)
    {
        _toldAgent = now;
        _toldAgentAt = time.GetTimestamp();
    }
}

/// <summary>What is to be sent after a look: everything, or what has changed.</summary>
/// <param name="Look">The look, without its processes.</param>
/// <param name="All">Its processes, for a keyframe. Null: the changes are enough.</param>
/// <param name="Findings">To be sent first. Null: none has changed.</param>
/// <param name="Delta">Set where <paramref name="All"/> is not.</param>
/// <param name="Passed">Findings that ended without being known to have been told.</param>
/// <param name="Untold">Those of them that the server would not hear of otherwise.</param>
public sealed record Outgoing(
    Keyframe Look,
    LiveProcesses? All,
    FindingChanges? Findings,
    Delta? Delta,
    ImmutableArray<PassedFinding> Passed,
    ImmutableArray<PassedFinding> Untold);
