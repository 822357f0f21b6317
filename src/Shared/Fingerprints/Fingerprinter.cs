using System.Text;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// The identity of a kind of hang, free of pids, inodes, hosts and days. Worked out from the finding alone: what is kept can be
/// fingerprinted again when the algorithm gets a new version.
/// </summary>
public static class Fingerprinter
{
    /// <summary>Version of the algorithm: the number in <c>v1-</c>.</summary>
    public const int Version = 1;

    /// <summary>The four keys of a finding that is otherwise complete; its visibility is kept as it stands there.</summary>
    public static FindingFingerprint Of(Finding finding)
    {
        FindingCore core = FindingCore.Of(finding);
        string shape = ShapeText(finding, core);
        return new FindingFingerprint(
            KeyText.Of(FamilyText(finding, core)),
            KeyText.Of(shape),
            KeyText.Of(ExactText(finding, core, shape)),
            finding.Culprit is null ? null : KeyText.Of(CulpritText(finding, core)),
            shape,
            Version,
            finding.Fingerprint.Visibility);
    }

    private static string ClassWord(Finding finding) => finding.Class.ToString().ToLowerInvariant();

    private static string FamilyText(Finding finding, FindingCore core)
    {
        IEnumerable<string> kinds = core.Edges.Select(edge => edge.Kind).Concat(core.Core.SelectMany(participant => Waits(finding, participant))).Distinct().Order(StringComparer.Ordinal);
        return $"family {ClassWord(finding)} {string.Join(' ', kinds)}";
    }

    /// <summary>
    /// The canonical text: the class, a line per process with its waits and its fds, a line per edge. Processes are <c>P0</c>, <c>P1</c>, objects
    /// <c>a</c>, <c>b</c>, in canonical order.
    /// </summary>
    private static string ShapeText(Finding finding, FindingCore core)
    {
        var graph = new CanonicalGraph();
        var text = new StringBuilder($"v{Version} {ClassWord(finding)}\n");
        List<(Participant Process, string Label)> processes = Collapse(finding, core);
        Dictionary<int, int> vertexOf = processes.ToDictionary(pair => pair.Process.Pid, pair => graph.Add(pair.Label));
        FdRelation.FdSet[] fds = [.. FdRelation.Of(finding, core).Where(set => vertexOf.ContainsKey(set.Pid))];
        Dictionary<string, int> objectOf = fds.Select(set => set.Target).Distinct().ToDictionary(target => target, target => graph.Add($"object {target[..target.IndexOf(':', StringComparison.Ordinal)]}"));
        foreach (FdRelation.FdSet set in fds)
            graph.Connect(vertexOf[set.Pid], $"{set.Fds}{set.Access}", objectOf[set.Target]);
        CoreEdge[] edges = [.. core.Edges.Where(edge => vertexOf.ContainsKey(edge.From) && vertexOf.ContainsKey(edge.To))];
        foreach (CoreEdge edge in edges)
        {
            int vertex = graph.Add($"edge {edge.Kind}");
            graph.Connect(vertexOf[edge.From], "from", vertex);
            graph.Connect(vertex, "to", vertexOf[edge.To]);
            if (objectOf.TryGetValue(edge.Resource, out int through))
                graph.Connect(vertex, "through", through);
        }

        int[] order = graph.Order();
        var place = order.Select((vertex, index) => (vertex, index)).ToDictionary(pair => pair.vertex, pair => pair.index);
        var names = new Dictionary<int, string>();
        foreach ((Participant process, _) in processes.OrderBy(pair => place[vertexOf[pair.Process.Pid]]))
            names[process.Pid] = $"P{names.Count}";
        var letters = new Dictionary<string, string>();
        foreach (string target in objectOf.Keys.OrderBy(target => place[objectOf[target]]))
            letters[target] = Letters(letters.Count);

        foreach ((Participant process, string label) in processes.OrderBy(pair => place[vertexOf[pair.Process.Pid]]))
        {
            IEnumerable<string> sets = fds.Where(set => set.Pid == process.Pid).Select(set => $"{set.Fds}={letters[set.Target]}{set.Access}").Order(StringComparer.Ordinal);
            text.Append($"{names[process.Pid]} {label}{string.Concat(sets.Select(set => $" {set}"))}\n");
        }
        IEnumerable<string> lines = edges
            .Select(edge => $"{names[edge.From]} -{edge.Kind}{(letters.TryGetValue(edge.Resource, out string? letter) ? $" {letter}" : "")}-> {names[edge.To]}\n")
            .Order(StringComparer.Ordinal);
        return text.AppendJoin("", lines).ToString();
    }

    /// <summary>Alike processes that are on no cycle count as "many", whatever their number.</summary>
    private static List<(Participant Process, string Label)> Collapse(Finding finding, FindingCore core)
    {
        var edgesOf = core.Edges.SelectMany(edge => new[] { edge.From, edge.To }).ToHashSet();
        var kept = new List<(Participant, string)>();
        foreach (var alike in core.Core.GroupBy(participant => (Label: LabelOf(finding, participant), Leaf: IsLeaf(finding, core, participant, edgesOf))))
        {
            // One orphan today and hundreds next week are the same leak.
            if (alike.Key.Leaf && alike.Count() > 1)
                kept.Add((alike.First(), finding.Class == FindingClass.Orphan ? alike.Key.Label : $"{alike.Key.Label} many"));
            else
                kept.AddRange(alike.Select(participant => (participant, alike.Key.Label)));
        }
        return kept;
    }

    /// <summary>A process that waits for nobody of the core, or that nobody and nothing joins to it.</summary>
    private static bool IsLeaf(Finding finding, FindingCore core, Participant participant, HashSet<int> edgesOf) =>
        finding.Class == FindingClass.Deadlock
            ? !edgesOf.Contains(participant.Pid) && core.Core.Length > 1
            : !core.Edges.Any(edge => edge.From == participant.Pid);

    private static string LabelOf(Finding finding, Participant participant)
    {
        string name = NameNormalizer.Of(participant.Cmdline, participant.Comm);
        string role = participant.Role switch
        {
            // Who is upstream of whom depends on who merely waits: inside the core all are members.
            ParticipantRole.RootWaiter or ParticipantRole.Waiter or ParticipantRole.Holder => "",
            var other => $" {KebabName(other)}",
        };
        string waits = string.Join(',', Waits(finding, participant));
        return $"{name}{role}{(waits.Length == 0 ? "" : $" waits {waits}")}";
    }

    private static string KebabName(ParticipantRole role) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(role.ToString());

    /// <summary>
    /// The kinds of wait that count: those on somebody else or on an own pipe; where there are none, how its threads wait on futexes. Idle
    /// service threads do not make another bug of it.
    /// </summary>
    private static IEnumerable<string> Waits(Finding finding, Participant participant)
    {
        string[] kinds = [.. finding.Edges
            .Where(edge => edge.From.Pid == participant.Pid && edge.Basis != EdgeBasis.Kinship
                && (edge.To.Any(to => to.Pid != participant.Pid) || edge.Kind != nameof(Shared.Waits.WaitKind.Futex)))
            .Select(edge => KindOf(participant, edge)).Distinct().Order(StringComparer.Ordinal)];
        return kinds.Length > 0
            ? kinds
            : participant.Threads.Where(thread => thread.Detail is not null).Select(thread => $"{thread.Wait}:{thread.Detail}").Distinct().Order(StringComparer.Ordinal);
    }

    /// <summary>In shared memory too, a lock is another thing than a semaphore.</summary>
    private static string KindOf(Participant participant, WaitEdge edge) =>
        edge.Kind == nameof(Shared.Waits.WaitKind.Futex) && participant.Threads.FirstOrDefault(thread => thread.Tid == edge.From.Tid)?.Detail is { } detail
            ? $"{edge.Kind}:{detail}"
            : edge.Kind;

    private static string ExactText(Finding finding, FindingCore core, string shape)
    {
        var names = finding.Participants.ToDictionary(participant => participant.Pid, participant => NameNormalizer.Of(participant.Cmdline, participant.Comm));
        IEnumerable<string> lines =
        [
            .. finding.Participants.Select(participant =>
                $"{names[participant.Pid]} {string.Join(' ', participant.Cmdline?.Skip(1).Select(NameNormalizer.Argument) ?? [])} threads {participant.Threads.Length} {string.Join(',', participant.Threads.Select(thread => NameNormalizer.Argument(thread.Comm)).Order(StringComparer.Ordinal))}"),
            .. FindingCore.EdgesAmong(finding, names.ContainsKey).Select(edge => $"{names[edge.From]} -{edge.Kind}-> {names[edge.To]}"),
        ];
        return $"{shape}exact {core.Core.Length}+{core.Upstream.Length}\n{string.Join('\n', lines.Order(StringComparer.Ordinal))}";
    }

    private static string CulpritText(Finding finding, FindingCore core)
    {
        // Once: a process may hold tens of thousands of duplicates, each of them a culprit.
        ILookup<(int, string), string> setsOf = FdRelation.Of(finding, core).ToLookup(set => (set.Pid, set.Target), set => $"{set.Fds}{set.Access}");
        IEnumerable<string> lines = finding.Culprits.DistinctBy(culprit => (culprit.Pid, culprit.Resource)).Select(culprit =>
        {
            Participant? holder = finding.Participants.FirstOrDefault(participant => participant.Pid == culprit.Pid);
            string name = holder is null ? "?" : NameNormalizer.Of(holder.Cmdline, holder.Comm);
            string[] sets = [.. setsOf[(culprit.Pid, culprit.Resource)].Order(StringComparer.Ordinal)];
            string kind = culprit.Resource.Split(':')[0];
            return $"{name} {kind} {string.Join(' ', sets)}";
        });
        return $"culprit {string.Join('\n', lines.Distinct().Order(StringComparer.Ordinal))}";
    }

    /// <summary>a .. z, aa, ab ...</summary>
    private static string Letters(int index) => index < 26 ? ((char)('a' + index)).ToString() : Letters(index / 26 - 1) + (char)('a' + index % 26);
}
