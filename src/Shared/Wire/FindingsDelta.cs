using System.Collections.Immutable;
using System.Text.Json;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Wire;

/// <summary>What became of the findings between what a receiver knows and a newer look.</summary>
public static class FindingsDelta
{
    /// <summary>
    /// Null where nothing has changed. A finding that goes on is no change: neither its growing waiting time nor a sentence that
    /// tells it is.
    /// </summary>
    /// <param name="isAlive">Whether a process is there in the newer look and no zombie.</param>
    public static FindingChanges? Between(ImmutableArray<Finding> known, DateTimeOffset takenAt, ImmutableArray<Finding> now, Func<ProcessKey, bool> isAlive)
    {
        if (known.IsEmpty && now.IsEmpty)
            return null;
        ImmutableArray<Finding> opened = [.. now.Where(finding => known.FirstOrDefault(f => f.Id == finding.Id) is not { } old || !GoesOn(old, finding))];
        ImmutableArray<EndedFinding> ended = Ended(known, now, isAlive);
        return opened.IsEmpty && ended.IsEmpty ? null : new FindingChanges(takenAt, opened, ended);
    }

    /// <summary>Those of <paramref name="known"/> that are over.</summary>
    /// <param name="isAlive">Whether a process is there in the newer look and no zombie.</param>
    public static ImmutableArray<EndedFinding> Ended(ImmutableArray<Finding> known, ImmutableArray<Finding> now, Func<ProcessKey, bool> isAlive)
    {
        ImmutableArray<Finding> over = [.. known.Where(old => now.All(f => f.Id != old.Id))];
        if (over.IsEmpty)
            return [];
        HashSet<int> told = [.. now.SelectMany(f => f.Pids)];
        return [.. over.Select(f => new EndedFinding(f.Id, Reason(f, isAlive, told)))];
    }

    private static string Reason(Finding finding, Func<ProcessKey, bool> isAlive, HashSet<int> told)
    {
        bool[] alive = [.. finding.Participants.Where(p => finding.Pids.Contains(p.Pid)).Select(p => isAlive(new ProcessKey(p.Pid, p.StartTimeTicks)))];
        if (!alive.Contains(true))
            return "exited";
        // Where one of them has been ended the others were not freed by what they waited for, whether or not this look saw them end too.
        return finding.Pids.Any(told.Contains) ? "changed" : alive.Contains(false) ? "exited" : "moved";
    }

    private static bool GoesOn(Finding old, Finding now) =>
        ReferenceEquals(old, now) || Evidence(old).AsSpan().SequenceEqual(Evidence(now));

    private static byte[] Evidence(Finding finding) => JsonSerializer.SerializeToUtf8Bytes(
        finding with
        {
            WaitedSeconds = 0,
            Summary = "",
            Explanation = [],
            Notes = [],
            Participants = [.. finding.Participants.Select(p => p with { Threads = [.. p.Threads.Select(t => t with { WaitedSeconds = null })] })],
        },
        FindingJson.Default.Finding);
}
