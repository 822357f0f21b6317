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
    public static FindingChanges? Between(Keyframe known, Keyframe now)
    {
        Dictionary<string, Finding> before = known.Findings.ToDictionary(f => f.Id);
        ImmutableArray<Finding> opened = [.. now.Findings.Where(f => !before.Remove(f.Id, out Finding? old) || Evidence(old) != Evidence(f))];
        if (opened.IsEmpty && before.Count == 0)
            return null;

        // A zombie has exited, whoever is late to wait for it.
        HashSet<ProcessKey> alive = [.. now.Processes.Where(p => p.Facts.State != 'Z' || !p.Threads.IsEmpty).Select(p => p.Key)];
        HashSet<int> told = [.. now.Findings.SelectMany(f => f.Pids)];
        return new FindingChanges(now.TakenAt, opened, [.. before.Values.Select(f => new EndedFinding(f.Id, Reason(f, alive, told)))]);
    }

    private static string Reason(Finding finding, HashSet<ProcessKey> alive, HashSet<int> told)
    {
        if (!finding.Participants.Any(p => finding.Pids.Contains(p.Pid) && alive.Contains(new ProcessKey(p.Pid, p.StartTimeTicks))))
            return "exited";
        return finding.Pids.Any(told.Contains) ? "changed" : "moved";
    }

    private static string Evidence(Finding finding) => JsonSerializer.Serialize(
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
