using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// The part of a finding that makes it the bug that it is: the processes that wait only for each other, the culprit, and kinship where no wait
/// joins them. Worked out from the finding alone, so that a kept finding gives it again.
/// </summary>
/// <param name="Core">Participants of the core.</param>
/// <param name="Upstream">Those who merely wait for it.</param>
/// <param name="Edges">Edges inside the core between different processes, each once.</param>
/// <param name="Own">Edges of the core from a process to itself, by an object that it has both ends of. Its threads wait on each other in any program.</param>
internal sealed record FindingCore(ImmutableArray<Participant> Core, ImmutableArray<Participant> Upstream, ImmutableArray<CoreEdge> Edges, ImmutableArray<CoreEdge> Own)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(FindingCore);

    public static FindingCore Of(Finding finding)
    {
        HashSet<int> inside = CorePids(finding);
        ILookup<bool, CoreEdge> edges = EdgesAmong(finding, inside.Contains).ToLookup(edge => edge.From == edge.To);
        return new FindingCore(
            [.. finding.Participants.Where(participant => inside.Contains(participant.Pid))],
            [.. finding.Participants.Where(participant => !inside.Contains(participant.Pid))],
            [.. edges[false]],
            [.. edges[true].Where(edge => edge.Through is not null)]);
    }

    /// <summary>Edges that satisfy the condition at both ends.</summary>
    public static IEnumerable<CoreEdge> EdgesAmong(Finding finding, Func<int, bool> condition)
    {
        var tables = finding.Participants.DistinctBy(participant => participant.Pid).ToDictionary(participant => participant.Pid, participant => participant.Fds);
        HashSet<(int, string)> held = [.. finding.Participants.SelectMany(participant => participant.Fds.Select(fd => (participant.Pid, fd.Target)))];
        return finding.Edges
            .Where(edge => condition(edge.From.Pid))
            .SelectMany(edge => edge.To.Where(to => !to.Outside && condition(to.Pid)).Select(to => Of(edge, to)))
            .Distinct();

        CoreEdge Of(WaitEdge edge, EdgeTarget to)
        {
            string? through = ObjectWord.CanBeTold(edge.Resource) && held.Contains((edge.From.Pid, edge.Resource)) ? edge.Resource : null;
            string? by = to.Fd is { } fd && tables.TryGetValue(to.Pid, out ImmutableArray<FdInfo> table)
                ? table.FirstOrDefault(entry => entry.Fd == fd)?.Target
                : null;
            if (by is not null && !ObjectWord.CanBeTold(by))
                by = null;
            return new CoreEdge(edge.From.Pid, edge.Basis == EdgeBasis.Kinship ? CoreEdge.Kinship : RelevantWaits.KindOf(edge), through ?? by, by == (through ?? by) ? null : by, to.Pid);
        }
    }

    private static HashSet<int> CorePids(Finding finding)
    {
        int[] pids = [.. finding.Participants.Select(participant => participant.Pid).Distinct()];
        if (finding.Class is not (FindingClass.Deadlock or FindingClass.Stall))
            return [.. pids];
        var position = pids.Select((pid, place) => (pid, place)).ToDictionary(pair => pair.pid, pair => pair.place);
        CoreEdge[] waits = [.. EdgesAmong(finding, position.ContainsKey).Where(edge => edge.Kind != CoreEdge.Kinship && edge.From != edge.To)];
        var successors = pids.Select(_ => new List<int>()).ToArray();
        foreach (CoreEdge edge in waits)
            successors[position[edge.From]].Add(position[edge.To]);
        int[] component = Components.StronglyConnected(successors);
        HashSet<int> leaving = [.. Enumerable.Range(0, pids.Length).Where(place => successors[place].Any(next => component[next] != component[place])).Select(place => component[place])];
        HashSet<int> core = [.. pids.Where((_, place) => !leaving.Contains(component[place]))];
        // Who is waited for in a stall and waits for nothing itself may end some day: its waiters are what is wrong, and only those above them are upstream.
        HashSet<int> waiting = [.. finding.Edges.Where(edge => edge.Basis != EdgeBasis.Kinship).Select(edge => edge.From.Pid)];
        // Whoever has adopted an orphan, the init of a container, say, waits for it as for anybody.
        HashSet<int> orphans = [.. finding.Participants.Where(participant => participant.Role == ParticipantRole.OrphanHolder).Select(participant => participant.Pid)];
        if (finding.Class == FindingClass.Stall)
            core.UnionWith(waits.Where(edge => core.Contains(edge.To) && !waiting.Contains(edge.To) && !(edge.Kind.StartsWith(nameof(WaitKind.ChildWait), StringComparison.Ordinal) && orphans.Contains(edge.To))).Select(edge => edge.From).ToArray());
        core.UnionWith(finding.Culprits.Select(culprit => culprit.Pid).Where(position.ContainsKey));
        return core;
    }
}

/// <param name="From">Waiter.</param>
/// <param name="Kind">Wait kind, or Kinship.</param>
/// <param name="Through">The object that it waits on, as the waiter's table names it. Null: no fd leads to it.</param>
/// <param name="By">The holder's other end of it where that is an object of its own: a socket's peer. Null: the same.</param>
/// <param name="To">Holder.</param>
internal sealed record CoreEdge(int From, string Kind, string? Through, string? By, int To)
{
    public const string Kinship = "Kinship";
}
