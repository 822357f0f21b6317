using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// The findings that are open from look to look. One look can miss what is still there (a signal was handled, a table could not be read
/// for a moment): a finding whose processes all live on is over only when it is missing from three looks in a row. One whose process has
/// exited is over at once.
/// </summary>
public sealed class OpenFindings
{
    private const int LooksMissed = 3;

    private readonly ImmutableDictionary<string, int> _missed;

    private OpenFindings(ImmutableArray<Finding> findings, ImmutableDictionary<string, int> missed)
    {
        Findings = findings;
        _missed = missed;
    }

    public static OpenFindings None { get; } = new([], ImmutableDictionary<string, int>.Empty);

    public ImmutableArray<Finding> Findings { get; }

    /// <param name="found">What the look's diagnosis says.</param>
    /// <param name="look">The look: tells who is still there.</param>
    public OpenFindings Advance(ImmutableArray<Finding> found, Snapshot look)
    {
        if (found.IsEmpty && Findings.IsEmpty)
            return this;
        HashSet<string> ids = [.. found.Select(finding => finding.Id)];
        // Told again under another name: the same processes are not to be in two findings.
        HashSet<int> told = [.. found.SelectMany(finding => finding.Pids)];
        var missed = ImmutableDictionary.CreateBuilder<string, int>();
        var kept = ImmutableArray.CreateBuilder<Finding>();
        kept.AddRange(found);
        foreach (Finding finding in Findings.Where(finding => !ids.Contains(finding.Id) && !finding.Pids.Any(told.Contains)))
        {
            int misses = _missed.GetValueOrDefault(finding.Id) + 1;
            if (misses >= LooksMissed || !finding.Participants.All(participant => IsAlive(look, new ProcessKey(participant.Pid, participant.StartTimeTicks))))
                continue;
            missed[finding.Id] = misses;
            kept.Add(finding);
        }
        return new OpenFindings(kept.ToImmutable(), missed.ToImmutable());
    }

    private static bool IsAlive(Snapshot look, ProcessKey key) =>
        look.Find(key.Pid) is { IsZombie: false } process && process.StartTimeTicks == key.StartTimeTicks;
}
