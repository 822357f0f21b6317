using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Two looks at a host -> findings. A pure function: it can run again on kept looks when a rule improves. <see cref="HostDiagnosis"/> is the same
/// for a host that is looked at again and again.
/// </summary>
public static class Diagnoser
{
    /// <param name="first">The earlier look.</param>
    /// <param name="last">The later look, for which the costly facts of <see cref="Suspects(Snapshot, LookMemory)"/> of the earlier one were read.</param>
    /// <param name="memory">What looks up to and including <paramref name="last"/> knew.</param>
    /// <param name="options">Waiting times.</param>
    /// <returns>Findings, deadlocks first.</returns>
    /// <exception cref="ArgumentException">The looks are of different boots.</exception>
    public static DiagnosisResult Diagnose(Snapshot first, Snapshot last, LookMemory memory, DiagnosisOptions options) =>
        Diagnose(new Evidence(Between(first, last), memory, options));

    /// <summary>
    /// Pids whose costly facts (fdinfo, timers, sched) the next look should read: all who might be stuck, hold a duplicate of their stdio, be
    /// orphans, or be held up by one.
    /// </summary>
    public static IReadOnlySet<int> Suspects(Snapshot look, LookMemory memory)
    {
        var resources = new ResourceIndex();
        resources.Advance(look);
        var triage = new Triage(resources, memory);
        triage.Judge();
        return triage.Suspects;
    }

    /// <summary>The later look, with what changed since the earlier one.</summary>
    /// <exception cref="ArgumentException">The looks are of different boots.</exception>
    internal static ResourceIndex Between(Snapshot first, Snapshot last)
    {
        if (first.Host.BootId != last.Host.BootId)
            throw new ArgumentException($"the two looks are of different boots, {first.Host.BootId} and {last.Host.BootId}", nameof(first));
        var resources = new ResourceIndex();
        resources.Advance(first);
        resources.Advance(last);
        return resources;
    }

    internal static DiagnosisResult Diagnose(Evidence evidence)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var told = new HashSet<int>();
        foreach (Finding hang in HangTeller.Tell(evidence))
        {
            findings.Add(hang);
            told.UnionWith(hang.Participants.Select(participant => participant.Pid));
        }
        foreach (EvidenceRule rule in RuleBook.EvidenceRules)
        {
            foreach (Finding finding in rule.Find(evidence, told).ToList())
            {
                findings.Add(finding);
                told.UnionWith(finding.Pids);
            }
        }
        return new DiagnosisResult(findings.ToImmutable(), VisibilityOf(evidence.Resources));
    }

    private static Visibility VisibilityOf(ResourceIndex resources) => new(
        resources.Count,
        resources.ThreadCount,
        resources.FdCount,
        resources.Look.Reads.FdTablesDenied,
        resources.Look.Reads.WaitsDenied,
        resources.Look.Reads is { FdTablesDenied: 0, WaitsDenied: 0, Failed: 0, Abandoned: 0 } && !resources.Look.OthersUnlisted)
    {
        ReadsAbandoned = resources.Look.Reads.Abandoned,
    };
}

/// <param name="Findings">What was found, deadlocks first.</param>
/// <param name="Visibility">How much of the host could be seen.</param>
public sealed record DiagnosisResult(ImmutableArray<Finding> Findings, Visibility Visibility);
