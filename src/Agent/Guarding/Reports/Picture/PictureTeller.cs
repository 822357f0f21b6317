using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Guarding.Reports.Picture;

/// <summary>Chooses and orders what a picture in text shows of a finding: waiters first, each before those that it waits for where that is possible.</summary>
internal sealed class PictureTeller
{
    /// <summary>More than this are no picture any more.</summary>
    public const int MaxProcesses = 12;

    private const int MaxWaits = 5, MaxFdLines = 6, MaxFds = 6;
    private const int Outside = 0;

    private readonly Finding _finding;
    private readonly TextStyle _style;
    private readonly Dictionary<int, Participant> _participants;
    private readonly ImmutableArray<Culprit> _culprits;
    private readonly List<PidWait> _waits;
    private readonly List<int> _order;
    private readonly Dictionary<string, string> _sameAs = new(StringComparer.Ordinal);
    private readonly List<string> _resources;

    public PictureTeller(Finding finding, TextStyle style)
    {
        (_finding, _style) = (finding, style);
        _participants = finding.Participants.DistinctBy(process => process.Pid).ToDictionary(process => process.Pid);
        _culprits = finding.Culprit is { } first && !finding.Culprits.Contains(first) ? [first, .. finding.Culprits] : finding.Culprits;
        _waits = Waits();
        _order = Order();
        _resources = Resources();
    }

    public int Processes => _order.Count;

    public ImmutableArray<PictureLine> Lines()
    {
        var lines = ImmutableArray.CreateBuilder<PictureLine>();
        for (int i = 0; i < _order.Count; i++)
        {
            if (i > 0)
                lines.Add(new GapLine());
            lines.AddRange(Process(i));
        }
        int more = _participants.Keys.Except(_order).Count();
        if (more > 0)
            lines.AddRange(new GapLine(), new NoteLine($"and {Shown.Count(more, "more process", "more processes")} that {(more == 1 ? "is" : "are")} not drawn"));
        return lines.ToImmutable();
    }

    private sealed record PidWait(int From, int To, WaitEdge Edge);

    /// <summary>One for each pair of processes, the strongest. A process that waits for itself is told thread by thread, where it waits for nobody else.</summary>
    private List<PidWait> Waits()
    {
        var all = _finding.Edges.SelectMany(edge => edge.To.Select(to => new PidWait(edge.From.Pid, to.Outside ? Outside : to.Pid, edge))).ToList();
        var others = all.Where(wait => wait.From != wait.To).GroupBy(wait => (wait.From, wait.To)).Select(pair => pair.MinBy(wait => wait.Edge.Basis)!).ToList();
        HashSet<int> waitsForOthers = [.. others.Select(wait => wait.From)];
        return [.. others, .. all.Where(wait => wait.From == wait.To && !waitsForOthers.Contains(wait.From)).DistinctBy(wait => (wait.Edge.From, wait.Edge.Resource))];
    }

    /// <summary>Depth first along the waits, beginning with those for whom nobody waits; then culprits, and whoever has something on the way of a wait open.</summary>
    private List<int> Order()
    {
        ILookup<int, int> next = _waits.ToLookup(wait => wait.From, wait => wait.To);
        HashSet<int> waitedFor = [.. _waits.Where(wait => wait.From != wait.To).Select(wait => wait.To)];
        List<int> order = WaitOrder.DepthFirst(
            _finding.Participants.Where(process => process.Role == ParticipantRole.RootWaiter).Select(process => process.Pid)
                .Concat(_waits.Select(wait => wait.From).Where(pid => !waitedFor.Contains(pid)))
                .Concat(_waits.Select(wait => wait.From))
                .Concat(_culprits.Select(culprit => culprit.Pid))
                .Concat(_waits.Count == 0 ? _finding.Pids : []),
            next);
        if (order.Count <= MaxProcesses)
            return order;
        // Whom the others are stuck for is drawn, wherever the way to it ends.
        int[] last = [.. order.Skip(MaxProcesses).Where(pid => _culprits.Any(culprit => culprit.Pid == pid)).Take(3)];
        return [.. order.Take(MaxProcesses - last.Length), .. last];
    }

    /// <summary>
    /// Objects with a letter: what somebody waits for and a drawn process has open, what it is waited for through, what the culprits hold. What the first
    /// culprit holds is A.
    /// </summary>
    private List<string> Resources()
    {
        var wanted = new HashSet<string>(_finding.Edges.Select(edge => edge.Resource).Concat(_culprits.Select(culprit => culprit.Resource)), StringComparer.Ordinal);
        foreach (Culprit culprit in _culprits)
            wanted.UnionWith(OpenAt(culprit.Pid, culprit.Fd));
        foreach (WaitEdge edge in _finding.Edges)
        {
            foreach (string open in edge.To.SelectMany(to => OpenAt(to.Pid, to.Fd)))
            {
                wanted.Add(open);
                // Both ends of a connection are one thing to whoever looks at the picture, and so are a lock and its file.
                if (open != edge.Resource && PictureWords.IsPair(edge.Kind))
                    _sameAs.TryAdd(open, Same(edge.Resource));
            }
        }
        IEnumerable<string> all = _order.SelectMany(pid => _participants.TryGetValue(pid, out Participant? process) ? process.Fds : [])
            .Select(fd => fd.Target).Where(wanted.Contains).Select(Same).Distinct(StringComparer.Ordinal);
        string? first = _culprits is [var culprits, ..] ? Same(culprits.Resource) : null;
        return [.. all.OrderByDescending(target => target == first)];
    }

    private IEnumerable<string> OpenAt(int pid, int? fd) =>
        fd is not null && _participants.TryGetValue(pid, out Participant? process) ? process.Fds.Where(entry => entry.Fd == fd).Select(entry => entry.Target) : [];

    private string Same(string target) => _sameAs.GetValueOrDefault(target, target);

    private int IndexOf(string target) => _resources.IndexOf(Same(target));

    private IEnumerable<PictureLine> Process(int index)
    {
        int pid = _order[index];
        Participant? process = _participants.GetValueOrDefault(pid);
        string note = pid == Outside ? "something outside could end the wait" : process is null ? "was not looked at" : PictureWords.Threads(process);
        yield return new HeadLine(index, Name(pid), Shown.Of(note, _style), _culprits.Any(culprit => culprit.Pid == pid));

        PidWait[] waits = [.. _waits.Where(wait => wait.From == pid)];
        foreach (PidWait wait in waits.Take(waits.Length > MaxWaits ? MaxWaits - 1 : MaxWaits))
            yield return Wait(wait, process);
        if (waits.Length > MaxWaits)
            yield return new NoteLine($"and {(waits[0].To == pid ? "so do" : "waits for")} {waits.Length - MaxWaits + 1} more{(waits[0].To == pid ? " threads" : "")}");

        if (process is null)
            yield break;
        var ends = process.Fds.Where(fd => IndexOf(fd.Target) >= 0).GroupBy(fd => (fd.Target, fd.Access))
            .OrderByDescending(end => end.Any(fd => IsCulprit(pid, fd))).ThenBy(end => end.Min(fd => fd.Fd)).ToList();
        foreach (var end in ends.Take(MaxFdLines).OrderBy(end => end.Min(fd => fd.Fd)))
            yield return Fds(pid, end.Key.Target, end.Key.Access, [.. end.OrderBy(fd => fd.Fd)]);
        if (ends.Count > MaxFdLines)
            yield return new NoteLine($"and {ends.Count - MaxFdLines} more like these");
    }

    private WaitLine Wait(PidWait wait, Participant? process)
    {
        bool self = wait.From == wait.To;
        int to = _order.IndexOf(wait.To);
        string thread = self && process is { Threads.Length: > 1 } && process.Threads.FirstOrDefault(one => one.Tid == wait.Edge.From.Tid) is { } waiter
            ? $"thread {waiter.Comm} ({waiter.Tid}) "
            : "";
        bool untilEof = _finding.Rule.StartsWith("eof-", StringComparison.Ordinal) && _culprits.Any(culprit => culprit.Resource == wait.Edge.Resource);
        string what = IndexOf(wait.Edge.Resource) is >= 0 and var letter ? Letter(letter) : self ? PictureWords.Name(wait.Edge.Resource) : "";
        string text = thread + PictureWords.Wait(wait.Edge, what, untilEof);
        return new WaitLine($"{Shown.Of(text, _style)} {_style.Arrow} {(self ? "itself" : Name(wait.To))}", self || to < 0 ? null : to);
    }

    private FdLine Fds(int pid, string target, string access, ImmutableArray<FdInfo> fds)
    {
        string numbers = string.Join(", ", fds.Take(MaxFds).Select(fd => fd.Fd)) + (fds.Length > MaxFds ? $" and {fds.Length - MaxFds} more" : "");
        string end = access switch { "r" => "read", "w" => "write", "rw" => "both", _ => "open" };
        int resource = IndexOf(target);
        string lacks = LackedEnd(target) is { } lacked ? $", no {lacked} seen" : "";
        string text = $"fd {numbers,-6} {end,-6} {Letter(resource)} {Shown.Of(PictureWords.Name(target), _style)}{lacks}";
        return new FdLine(text, resource, access == "r", fds.Any(fd => IsCulprit(pid, fd)));
    }

    /// <summary>Of a pipe of which those who are drawn have one end only: the other one, in words.</summary>
    private string? LackedEnd(string target)
    {
        if (FdTarget.Parse(target).Kind != FdKind.Pipe)
            return null;
        string all = string.Concat(_participants.Values.SelectMany(process => process.Fds).Where(fd => fd.Target == target).Select(fd => fd.Access));
        return !all.Contains('r', StringComparison.Ordinal) ? "reader" : !all.Contains('w', StringComparison.Ordinal) ? "writer" : null;
    }

    private bool IsCulprit(int pid, FdInfo fd) => _culprits.Any(culprit => culprit.Pid == pid && culprit.Fd == fd.Fd);

    private string Name(int pid) => pid == Outside ? "outside" : _participants.TryGetValue(pid, out Participant? process) ? $"{Shown.Of(process.Name, _style)} ({pid})" : $"pid {pid}";

    private static string Letter(int index) => $"{(char)('A' + index % 26)}{(index < 26 ? "" : $"{index / 26 + 1}")}";
}
