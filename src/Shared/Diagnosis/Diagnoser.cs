using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Two looks at a host -> findings. A pure function: the agent runs it live, and it can run again on kept looks when a rule
/// improves.
/// </summary>
public static class Diagnoser
{
    /// <param name="first">The earlier look.</param>
    /// <param name="last">The later look, for which the costly facts of <see cref="Suspects"/> of the earlier one were read.</param>
    /// <param name="memory">What looks up to and including <paramref name="last"/> knew.</param>
    /// <param name="options">Waiting times.</param>
    /// <returns>Findings, deadlocks first.</returns>
    /// <exception cref="ArgumentException">The looks are of different boots.</exception>
    public static DiagnosisResult Diagnose(Snapshot first, Snapshot last, LookMemory memory, DiagnosisOptions options)
    {
        if (first.Host.BootId != last.Host.BootId)
            throw new ArgumentException($"the two looks are of different boots, {first.Host.BootId} and {last.Host.BootId}", nameof(first));
        var evidence = new Evidence(first, last, memory, options);
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var told = new HashSet<int>();
        foreach (Finding deadlock in Incident.Of(evidence).Select(DeadlockTeller.Tell).OfType<Finding>())
        {
            findings.Add(deadlock);
            told.UnionWith(deadlock.Participants.Select(participant => participant.Pid));
        }
        foreach (EvidenceRule rule in RuleBook.EvidenceRules)
        {
            foreach (Finding finding in rule.Find(evidence, told).ToList())
            {
                findings.Add(finding);
                told.UnionWith(finding.Pids);
            }
        }
        return new DiagnosisResult(findings.ToImmutable(), VisibilityOf(last));
    }

    /// <summary>
    /// Pids whose costly facts (fdinfo, timers, sched) the next look should read: all who might be stuck, hold a duplicate of their stdio, be
    /// orphans, or be held up by one.
    /// </summary>
    public static IReadOnlySet<int> Suspects(Snapshot look, LookMemory memory)
    {
        var graph = new WaitGraph(null, look);
        bool[] stuck = StuckSet.Find(graph.Nodes, ignoreHidden: true);
        var suspects = new HashSet<int>();
        for (int i = 0; i < stuck.Length; i++)
        {
            ProcessRecord process = look.Processes[i];
            if (stuck[i] || !StdioDuplicates.AllOf(process).IsEmpty || Adoption.LooksOrphaned(graph.Resources, i))
                suspects.Add(process.Pid);
        }
        suspects.UnionWith(Adoption.HeldUp(graph, memory, guess: true).Select(held => look.Processes[held.Reader].Pid));
        return suspects;
    }

    private static Visibility VisibilityOf(Snapshot look) => new(
        look.Processes.Length,
        look.Processes.Sum(process => process.Threads.Length),
        look.Processes.Sum(process => process.Fds.Length),
        look.Reads.FdTablesDenied,
        look.Reads.WaitsDenied,
        look.Reads is { FdTablesDenied: 0, WaitsDenied: 0, Failed: 0, Abandoned: 0 })
    {
        ReadsAbandoned = look.Reads.Abandoned,
    };
}

/// <param name="Findings">What was found, deadlocks first.</param>
/// <param name="Visibility">How much of the host could be seen.</param>
public sealed record DiagnosisResult(ImmutableArray<Finding> Findings, Visibility Visibility);
