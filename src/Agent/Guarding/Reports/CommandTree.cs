using System.Collections.Immutable;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>Which processes are the command's.</summary>
internal static class CommandTree
{
    /// <summary>
    /// The command first, then all that descends from it, and what of its descendants guard, their subreaper, has adopted, as far as the outcome tells:
    /// those of its findings and those that were left.
    /// </summary>
    public static ImmutableArray<int> Of(GuardOutcome outcome)
    {
        IEnumerable<int> roots = [outcome.Pid, .. outcome.Left.Select(left => left.Pid)];
        if (outcome.Evidence?.Last is not { } look)
            return [.. roots.Distinct()];
        IEnumerable<int> adopted = outcome.Findings.SelectMany(finding => finding.Participants)
            .Where(process => process.Orphan is not null && process.Ppid == look.ObserverPid)
            .Select(process => process.Pid);
        IReadOnlySet<int> all = ProcessTree.WithDescendants(look, roots.Concat(adopted));
        return [outcome.Pid, .. all.Where(pid => pid != outcome.Pid).Order()];
    }

    /// <summary>Those of the last look, the command first.</summary>
    public static ImmutableArray<ProcessRecord> Records(GuardOutcome outcome)
    {
        if (outcome.Evidence?.Last is not { } look)
            return [];
        Dictionary<int, ProcessRecord> known = look.Processes.ToDictionary(process => process.Pid);
        return [.. Of(outcome).Where(known.ContainsKey).Select(pid => known[pid])];
    }
}
