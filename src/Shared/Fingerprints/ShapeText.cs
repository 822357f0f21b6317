using System.Text;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// The canonical text of a core: the class, a line per process with its waits and its fds, a line per edge. Processes are <c>P0</c>, <c>P1</c>,
/// objects <c>a</c>, <c>b</c>, in canonical order. Equal texts are equal bugs.
/// </summary>
internal static class ShapeText
{
    /// <param name="finding">Complete but for its fingerprint.</param>
    /// <param name="core">Its core.</param>
    /// <param name="seen">By what it is to be compared; the rest is left out.</param>
    public static string Of(Finding finding, FindingCore core, Seen seen = Seen.All)
    {
        bool byFds = (seen & Seen.Fds) != 0, byNames = (seen & Seen.Names) != 0;
        FdRelation.FdSet[] sets = byFds ? [.. FdRelation.Of(finding, core)] : [];
        (List<(Participant Process, int Count)> processes, HashSet<string> dropped) = Siblings.Of(core, sets, participant => LabelOf(finding, participant, byNames, byFds));
        HashSet<int> kept = [.. processes.Select(pair => pair.Process.Pid)];
        sets = [.. sets.Where(set => kept.Contains(set.Pid) && !dropped.Contains(set.Target))];
        CoreEdge[] edges = [.. core.Edges.Concat(core.Own).Where(edge => kept.Contains(edge.From) && kept.Contains(edge.To))];

        var graph = new CanonicalGraph();
        Dictionary<int, int> vertexOf = processes.ToDictionary(
            pair => pair.Process.Pid,
            pair => graph.Add(LabelOf(finding, pair.Process, byNames, byFds) + Many(finding, pair.Count)));
        Dictionary<string, int> objectOf = sets.Select(set => set.Target).Distinct().ToDictionary(target => target, target => graph.Add($"object {ObjectWord.Of(target)}"));
        foreach (FdRelation.FdSet set in sets)
            graph.Connect(vertexOf[set.Pid], $"{set.Fds}{set.Access}", objectOf[set.Target]);
        // Objects that no fd leads to, futex words say, tell nothing: how many there are is a count.
        edges = [.. edges.Select(edge => edge with { Through = Known(edge.Through), By = Known(edge.By) }).Distinct()];
        foreach (CoreEdge edge in edges)
        {
            int vertex = graph.Add($"edge {edge.Kind}");
            graph.Connect(vertexOf[edge.From], "from", vertex);
            graph.Connect(vertex, "to", vertexOf[edge.To]);
            if (edge.Through is not null)
                graph.Connect(vertex, "through", objectOf[edge.Through]);
            if (edge.By is not null)
                graph.Connect(vertex, "by", objectOf[edge.By]);
        }
        int[] places = graph.Places(out bool isTotal);
        Dictionary<int, string> names = vertexOf.Values.Select(vertex => places[vertex]).Distinct().Order()
            .Select((place, index) => (place, index)).ToDictionary(pair => pair.place, pair => $"P{pair.index}");
        // Letters in the order in which the text comes to them.
        ILookup<int, FdRelation.FdSet> setsOf = sets
            .OrderBy(set => places[vertexOf[set.Pid]])
            .ThenBy(set => set.Fds, StringComparer.Ordinal).ThenBy(set => set.Access, StringComparer.Ordinal).ThenBy(set => places[objectOf[set.Target]])
            .ToLookup(set => set.Pid);
        Dictionary<int, string> letters = setsOf.SelectMany(own => own).Select(set => places[objectOf[set.Target]]).Distinct()
            .Select((place, index) => (place, index)).ToDictionary(pair => pair.place, pair => Letters(pair.index));

        var text = new StringBuilder($"v{Fingerprinter.Version} {finding.Class.ToString().ToLowerInvariant()}{(isTotal ? "" : ", alike ones together")}\n");
        foreach (IGrouping<int, (Participant Process, int Count)> alike in processes.GroupBy(pair => places[vertexOf[pair.Process.Pid]]).OrderBy(alike => alike.Key))
        {
            (Participant process, int count) = alike.First();
            IEnumerable<string> fds = alike.SelectMany(pair => setsOf[pair.Process.Pid])
                .OrderBy(set => set.Fds, StringComparer.Ordinal).ThenBy(set => set.Access, StringComparer.Ordinal).ThenBy(set => places[objectOf[set.Target]])
                .Select(set => $"{set.Fds}={letters[places[objectOf[set.Target]]]}{set.Access}")
                .Distinct();
            text.Append($"{names[alike.Key]} {LabelOf(finding, process, byNames, byFds)}{Many(finding, count)}{string.Concat(fds.Select(fd => $" {fd}"))}{Times(alike.Count())}\n");
        }
        IEnumerable<string> lines = edges
            .Select(edge => $"{NameOf(edge.From)} -{edge.Kind}{LetterOf(edge.Through, " ")}{LetterOf(edge.By, "/")}-> {NameOf(edge.To)}")
            .GroupBy(line => line)
            .Select(line => $"{line.Key}{Times(line.Count())}\n")
            .Order(StringComparer.Ordinal);
        return text.AppendJoin("", lines).ToString();

        string? Known(string? target) => target is not null && objectOf.ContainsKey(target) ? target : null;
        string NameOf(int pid) => names[places[vertexOf[pid]]];
        string LetterOf(string? target, string before) => target is null ? "" : $"{before}{letters[places[objectOf[target]]]}";
    }

    private static string LabelOf(Finding finding, Participant participant, bool byNames, bool byFds)
    {
        string name = !byNames ? "?" : NameNormalizer.Of(participant.Cmdline, participant.Comm) + (SeenOf.HidesName(participant) ? "?" : "");
        string role = participant.Role switch
        {
            // Who is upstream of whom depends on who merely waits: inside the core all are members.
            ParticipantRole.RootWaiter or ParticipantRole.Waiter or ParticipantRole.Holder => "",
            var other => $" {System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(other.ToString())}",
        };
        string waits = string.Join(',', RelevantWaits.Of(finding, participant));
        return $"{name}{role}{(waits.Length == 0 ? "" : $" waits {waits}")}{(byFds && participant.FdsHidden ? " fds ?" : "")}";
    }

    /// <summary>One orphan today and hundreds next week are the same leak; one stuck child and five are not the same hang.</summary>
    private static string Many(Finding finding, int count) => count > 1 && finding.Class != FindingClass.Orphan ? " many" : "";

    private static string Times(int count) => count == 1 ? "" : $" x{count}";

    /// <summary>a .. z, aa, ab ...</summary>
    private static string Letters(int index) => index < 26 ? ((char)('a' + index)).ToString() : Letters(index / 26 - 1) + (char)('a' + index % 26);
}
