using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// All that waits for itself, the surest first: who is stuck whatever counts; who is once service threads of runtimes are left aside; who is if nobody else opens a FIFO by its name, or maps named memory; who is if it goes on
/// looking for what will not come. Nobody is in two findings: who merely waits for those of a surer one is told of there.
/// </summary>
internal static class HangTeller
{
    public static IEnumerable<Finding> Tell(Evidence evidence)
    {
        List<Finding> findings = [.. Incident.Of(evidence).Select(DeadlockTeller.Tell).OfType<Finding>()];
        HashSet<int> told = [.. findings.SelectMany(finding => finding.Pids)];
        Evidence likely = evidence.At(Counting.Likely);
        foreach (Incident incident in New(likely, evidence, told))
        {
            if (incident.Core.Overlaps(told))
                Join(findings, incident, told);
            else if (DeadlockTeller.Tell(incident) is { } finding)
                Add(finding);
        }
        foreach (Incident incident in New(evidence.At(Counting.Named), evidence, told))
        {
            if (!incident.Members.Any(told.Contains) && (NamedFifos.AtNames(incident).Any() ? NamedFifos.Tell(incident) : NamedMemory.Tell(incident)) is { } finding)
                Add(finding);
        }
        Evidence patient = evidence.At(Counting.Patient);
        foreach (Incident incident in New(patient, likely, told))
        {
            if (!incident.Members.Any(told.Contains) && RetryWithoutProgress.Tell(incident) is { } finding)
                Add(finding);
        }
        // They need not be new: of those who are likely to be stuck nothing is told where there is nobody to blame.
        foreach (Incident incident in patient.Stuck.Any(pid => !patient.Graph.NodeOf(pid).Tickers.IsEmpty) ? Incident.Of(patient) : [])
        {
            if (!incident.Members.Any(told.Contains) && Tickers.Tell(incident) is { } finding)
                Add(finding);
        }
        return findings;

        void Add(Finding finding)
        {
            findings.Add(finding);
            told.UnionWith(finding.Participants.Select(participant => participant.Pid));
        }
    }

    /// <summary>Pids of those of whom looks for the minimum wait may show that one of them comes back to wait for another in vain.</summary>
    /// <param name="evidence">The last look.</param>
    /// <param name="told">Pids of those of whom something is told already.</param>
    public static IEnumerable<int> MayRetry(Evidence evidence, HashSet<int> told) => Incident.Of(evidence.At(Counting.Restless))
        .Where(incident => !incident.Members.Any(told.Contains) && (RetryWithoutProgress.Tell(incident) ?? Tickers.Tell(incident) ?? OfThoseWhoComeBack(incident)) is not null).SelectMany(incident => incident.Members);

    /// <summary>What <see cref="Counting.Likely"/> would tell if each timed wait came back, beside a thread of the same process that waits without a limit. Null: no wait is such.</summary>
    private static Finding? OfThoseWhoComeBack(Incident incident)
    {
        WaitNode[] timed = [.. incident.Core.Select(incident.Evidence.Graph.NodeOf).Where(node => node.Waiters.Any(waiter => waiter.Timed))];
        return timed.Length > 0 && timed.All(node => node.Waiters.Any(waiter => !waiter.Timed)) ? DeadlockTeller.Tell(incident) : null;
    }

    /// <summary>Those with somebody in them whom the surer one does not have.</summary>
    private static IEnumerable<Incident> New(Evidence evidence, Evidence surer, HashSet<int> told) => evidence.Stuck.Count == surer.Stuck.Count
        ? []
        : Incident.Of(evidence).Where(incident => incident.Members.Any(member => !surer.Stuck.Contains(member) && !told.Contains(member)));

    /// <summary>Who waits for those that a finding has told of stands in it, as such.</summary>
    private static void Join(List<Finding> findings, Incident incident, HashSet<int> told)
    {
        int place = findings.FindIndex(finding => finding.Pids.Any(incident.Core.Contains));
        findings[place] = Upstream.Join(findings[place], incident.Evidence, [.. incident.Edges.Where(edge => !told.Contains(edge.From))]);
        told.UnionWith(findings[place].Participants.Select(participant => participant.Pid));
    }
}
