using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// Alike processes count as "many", whatever their number: twelve zombies of a parent, five orphans that hold one pipe, thirty workers of a pool that wait for the one who waits for them all. Alike is who may be
/// swapped and nothing changes. So nobody is on a ring, where each waits for another one: two and three in a ring are different bugs.
/// </summary>
internal static class Siblings
{
    /// <summary>The processes that stand for all, of how many each is one, and the objects that go with those that are left out.</summary>
    /// <param name="core">Of a finding.</param>
    /// <param name="fds">Its fd relation.</param>
    /// <param name="labelOf">What of a process itself counts.</param>
    public static (List<(Participant Process, int Count)> Kept, HashSet<string> Dropped) Of(FindingCore core, IReadOnlyCollection<FdRelation.FdSet> fds, Func<Participant, string> labelOf)
    {
        HashSet<int> circling = OnCycles(core);
        ILookup<int, FdRelation.FdSet> setsOf = fds.ToLookup(set => set.Pid);
        ILookup<string, FdRelation.FdSet> holdersOf = fds.ToLookup(set => set.Target);
        Dictionary<int, string> labels = core.Core.ToDictionary(participant => participant.Pid, labelOf);
        ILookup<int, CoreEdge> own = core.Own.ToLookup(edge => edge.From), leaving = core.Edges.ToLookup(edge => edge.From), arriving = core.Edges.ToLookup(edge => edge.To);
        var groups = core.Core
            .GroupBy(participant => $"{labels[participant.Pid]}\n{Surroundings(participant.Pid)}")
            .Select(alike => alike.ToArray())
            .ToArray();
        return (
            [.. groups.Select(alike => (alike[0], alike.Length))],
            [.. groups.SelectMany(alike => alike.Skip(1)).SelectMany(left => setsOf[left.Pid].Select(set => set.Target).Where(target => IsOwn(left.Pid, target)))]);

        // Those with the same may be swapped and nothing changes: objects that none of their like has go along with their holder.
        string Surroundings(int pid) => string.Join('\n', setsOf[pid].Select(set => $"{set.Fds}{set.Access} {Object(pid, set.Target)}")
            .Concat(own[pid].Select(edge => $"={edge.Kind} {Object(pid, edge.Through)} {Object(pid, edge.By)}"))
            .Concat(leaving[pid].Select(edge => $"-{edge.Kind} {Object(pid, edge.Through)} {Object(pid, edge.By)}-> {edge.To}"))
            .Concat(arriving[pid].Select(edge => $"{edge.From} -{edge.Kind} {Object(pid, edge.Through)} {Object(pid, edge.By)}->"))
            .Order(StringComparer.Ordinal));

        string? Object(int pid, string? target)
        {
            if (target is null || !IsOwn(pid, target))
                return target;
            IEnumerable<string> others = holdersOf[target].Where(set => set.Pid != pid).Select(set => $"{set.Pid}{set.Fds}{set.Access}").Order(StringComparer.Ordinal);
            return $"{ObjectWord.Of(target)}({string.Join(' ', others)})";
        }

        bool IsOwn(int pid, string target) => !holdersOf[target].Any(set => set.Pid != pid && labels[set.Pid] == labels[pid] && circling.Contains(set.Pid) == circling.Contains(pid));
    }

    private static HashSet<int> OnCycles(FindingCore core)
    {
        var position = core.Core.Select((participant, place) => (participant.Pid, place)).ToDictionary(pair => pair.Pid, pair => pair.place);
        var successors = core.Core.Select(_ => new List<int>()).ToArray();
        foreach (CoreEdge edge in core.Edges.Where(edge => edge.Kind != CoreEdge.Kinship))
            successors[position[edge.From]].Add(position[edge.To]);
        int[] component = Components.StronglyConnected(successors);
        HashSet<int> large = [.. component.GroupBy(number => number).Where(members => members.Count() > 1).Select(members => members.Key)];
        return [.. core.Core.Where(participant => large.Contains(component[position[participant.Pid]])).Select(participant => participant.Pid)];
    }
}
