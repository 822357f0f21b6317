using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// The part of a finding that makes it the bug that it is: of a hang the processes that wait only for each other, joined by kinship where no
/// wait joins them; of a stall all but those who wait without being what it is about; of everything else all its participants. Worked out from the finding alone, so that a kept finding gives it again.
/// </summary>
/// <param name="Core">Participants of the core.</param>
/// <param name="Upstream">Those who merely wait for it.</param>
/// <param name="Edges">Edges inside the core between different processes, once for each kind and resource.</param>
internal sealed record FindingCore(ImmutableArray<Participant> Core, ImmutableArray<Participant> Upstream, ImmutableArray<CoreEdge> Edges)
{
    public static FindingCore Of(Finding finding)
    {
        HashSet<int> inside = CorePids(finding);
        return new FindingCore(
            [.. finding.Participants.Where(participant => inside.Contains(participant.Pid))],
            [.. finding.Participants.Where(participant => !inside.Contains(participant.Pid))],
            [.. EdgesAmong(finding, inside.Contains)]);
    }

    /// <summary>Edges between different processes that satisfy the condition at both ends.</summary>
    public static IEnumerable<CoreEdge> EdgesAmong(Finding finding, Func<int, bool> condition) => finding.Edges
        .Where(edge => condition(edge.From.Pid))
        .SelectMany(edge => edge.To
            .Where(to => !to.Outside && condition(to.Pid) && to.Pid != edge.From.Pid)
            .Select(to => new CoreEdge(edge.From.Pid, edge.Basis == EdgeBasis.Kinship ? "Kinship" : edge.Kind, edge.Resource, to.Pid)))
        .Distinct();

    private static HashSet<int> CorePids(Finding finding)
    {
        int[] pids = [.. finding.Participants.Select(participant => participant.Pid)];
        if (finding.Class == FindingClass.Stall)
            return [.. finding.Participants.Where(participant => finding.Pids.Contains(participant.Pid) || participant.Role is not (ParticipantRole.Waiter or ParticipantRole.RootWaiter)).Select(participant => participant.Pid)];
        if (finding.Class != FindingClass.Deadlock)
            return [.. pids];
        var position = pids.Select((pid, place) => (pid, place)).ToDictionary(pair => pair.pid, pair => pair.place);
        var successors = pids.Select(_ => new List<int>()).ToArray();
        foreach (CoreEdge edge in EdgesAmong(finding, position.ContainsKey).Where(edge => edge.Kind != "Kinship"))
            successors[position[edge.From]].Add(position[edge.To]);
        int[] component = Components.StronglyConnected(successors);
        HashSet<int> leaving = [.. Enumerable.Range(0, pids.Length).Where(place => successors[place].Any(next => component[next] != component[place])).Select(place => component[place])];
        return [.. pids.Where((_, place) => !leaving.Contains(component[place]))];
    }
}

/// <param name="From">Waiter.</param>
/// <param name="Kind">Wait kind, or Kinship.</param>
/// <param name="Resource">What it waits for.</param>
/// <param name="To">Holder.</param>
internal sealed record CoreEdge(int From, string Kind, string Resource, int To);
