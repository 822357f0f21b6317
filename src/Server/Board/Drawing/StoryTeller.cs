using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Server.Board.Findings;
using OrphanBoard.Server.Board.Words;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>Chooses and orders what <see cref="Story"/> holds.</summary>
internal sealed class StoryTeller
{
    private const int OutsidePid = 0;

    private readonly Finding finding;
    private readonly SharedResources shared;
    private readonly Dictionary<int, Participant> participants;
    private readonly HashSet<int> stuck;
    private readonly HashSet<int> culprits;
    private readonly HashSet<(int Pid, int Fd)> culpritFds;

    public StoryTeller(Finding finding, SharedResources shared)
    {
        this.finding = finding;
        this.shared = shared;
        participants = finding.Participants.DistinctBy(p => p.Pid).ToDictionary(p => p.Pid);
        stuck = [.. finding.Pids];
        ImmutableArray<Culprit> named = finding.AllCulprits();
        culprits = [.. named.Select(c => c.Pid)];
        culpritFds = [.. named.Where(c => c.Fd is not null).Select(c => (c.Pid, c.Fd!.Value))];
    }

    public Story Tell()
    {
        var waits = MergedWaits();
        List<int> order = ProcessOrder(waits);
        var index = order.Select((pid, i) => (pid, i)).ToDictionary(p => p.pid, p => p.i);

        ImmutableArray<StoryWait> drawn = [.. waits
            .Where(w => index.ContainsKey(w.From) && index.ContainsKey(w.To))
            .Take(Story.MaxWaits)
            .Select(w => new StoryWait(index[w.From], index[w.To], w.Label, w.Basis))];

        var (resources, ports, foldedPorts) = ChooseResources(order, index);
        return new Story(
            [.. order.Select(pid => Process(pid, foldedPorts.GetValueOrDefault(pid)))],
            resources,
            ports,
            drawn,
            [.. participants.Values.Where(p => !index.ContainsKey(p.Pid))],
            waits.Count - drawn.Length);
    }

    private sealed record PidWait(int From, int To, string Label, EdgeBasis Basis);

    /// <summary>One per pair of processes, in the order of the finding; the strongest basis and its label win.</summary>
    private List<PidWait> MergedWaits()
    {
        var merged = new Dictionary<(int, int), PidWait>();
        var order = new List<(int, int)>();
        foreach (WaitEdge edge in finding.Edges)
        {
            string label = LabelOf(edge);
            foreach (EdgeTarget target in edge.To)
            {
                (int From, int To) pair = (edge.From.Pid, target.Outside ? OutsidePid : target.Pid);
                if (!merged.TryGetValue(pair, out PidWait? before))
                    order.Add(pair);
                if (before is null || edge.Basis < before.Basis)
                    merged[pair] = new PidWait(pair.From, pair.To, label, edge.Basis);
            }
        }

        // Threads that wait for others of their own process are told only where that is all that the process waits for.
        var waitsForOthers = order.Where(pair => pair.Item1 != pair.Item2).Select(pair => pair.Item1).ToHashSet();
        return [.. order.Where(pair => pair.Item1 != pair.Item2 || !waitsForOthers.Contains(pair.Item1)).Select(pair => merged[pair])];
    }

    private string LabelOf(WaitEdge edge)
    {
        if (edge.Basis == EdgeBasis.Kinship)
            return "parent and child";
        bool untilEof = finding.Rule.StartsWith("eof-", StringComparison.Ordinal) && finding.AllCulprits().Any(c => c.Resource == edge.Resource);
        string label = WaitWords.Arrow(edge.Kind, shared.Find(edge.Resource)?.Letter, untilEof);
        return edge.Basis == EdgeBasis.Assumed ? label + "?" : label;
    }

    /// <summary>
    /// Depth first along the waits, beginning with those for whom nobody waits; then holders that share something with them, beginning
    /// with the culprits. Past <see cref="Story.MaxProcesses"/> the rest is folded.
    /// </summary>
    private List<int> ProcessOrder(List<PidWait> waits)
    {
        var next = waits.ToLookup(w => w.From, w => w.To);
        var waitedFor = waits.Where(w => w.From != w.To).Select(w => w.To).ToHashSet();
        var sharing = shared.All.SelectMany(r => r.Holders).Select(h => h.Pid).ToHashSet();
        List<int> order = WaitOrder.DepthFirst(
            [
                .. finding.Participants.Where(p => p.Role == ParticipantRole.RootWaiter).Select(p => p.Pid),
                .. waits.Select(w => w.From).Where(pid => !waitedFor.Contains(pid)),
                .. waits.Select(w => w.From),
                .. waits.Select(w => w.To),
                .. participants.Keys.OrderByDescending(culprits.Contains).ThenByDescending(stuck.Contains)
                    .Where(pid => sharing.Contains(pid) || culprits.Contains(pid) || (waits.Count == 0 && stuck.Contains(pid))),
            ],
            next);
        return order.Count <= Story.MaxProcesses ? order : order[..Story.MaxProcesses];
    }

    private (ImmutableArray<StoryResource>, ImmutableArray<StoryPort>, Dictionary<int, int> FoldedPorts) ChooseResources(List<int> order, Dictionary<int, int> index)
    {
        var resources = ImmutableArray.CreateBuilder<StoryResource>();
        var ports = ImmutableArray.CreateBuilder<StoryPort>();
        var used = new Dictionary<int, int>();
        var folded = new Dictionary<int, int>();
        foreach (SharedResource resource in shared.All.OrderByDescending(r => r.OnWaitPath).ThenByDescending(IsDuplicated))
        {
            var byPort = resource.Holders.Where(h => index.ContainsKey(h.Pid)).GroupBy(h => (h.Pid, h.Access)).ToList();
            var fitting = byPort.Where(p => used.GetValueOrDefault(p.Key.Pid) < Story.MaxPortsPerProcess).ToList();
            foreach (var port in byPort.Except(fitting))
                folded[port.Key.Pid] = folded.GetValueOrDefault(port.Key.Pid) + 1;
            if (fitting.Count == 0)
                continue;

            foreach (var port in fitting)
            {
                used[port.Key.Pid] = used.GetValueOrDefault(port.Key.Pid) + 1;
                ports.Add(new StoryPort(
                    index[port.Key.Pid], resources.Count, port.Key.Access.Contains('r'), port.Key.Access.Contains('w'),
                    [.. port.Select(h => h.Fd)], port.Any(h => culpritFds.Contains((h.Pid, h.Fd)))));
            }
            resources.Add(Describe(resource));
        }
        return (resources.ToImmutable(), ports.ToImmutable(), folded);
    }

    private static bool IsDuplicated(SharedResource resource) =>
        resource.Holders.GroupBy(h => (h.Pid, h.Access)).Any(end => end.Count() > 1);

    private static StoryResource Describe(SharedResource resource)
    {
        bool read = resource.Holders.Any(h => h.Access.Contains('r'));
        bool write = resource.Holders.Any(h => h.Access.Contains('w'));
        FdKind kind = FdTarget.Parse(resource.Target).Kind;
        if (kind == FdKind.Pipe && !read)
            return new StoryResource(resource, "no reader seen", true);
        if (kind == FdKind.Pipe && !write)
            return new StoryResource(resource, "no writer seen", true);

        string note = kind switch
        {
            FdKind.Pipe when resource.Holders.DistinctBy(h => h.Pid).Count() == 1 => "self-pipe",
            FdKind.Pipe when resource.Holders.Any(h => h is { Fd: 0, Access: "r" }) => "stdin",
            FdKind.Pipe when resource.Holders.Any(h => h is { Fd: 1, Access: "w" }) => "stdout",
            FdKind.Pipe when resource.Holders.Any(h => h is { Fd: 2, Access: "w" }) => "stderr",
            FdKind.Pipe => "pipe",
            FdKind.Socket => "socket",
            FdKind.EventFd => "eventfd",
            FdKind.Path => "file",
            _ => "shared",
        };
        return new StoryResource(resource, note, false);
    }

    private StoryProcess Process(int pid, int foldedPorts)
    {
        if (pid == OutsidePid)
            return new StoryProcess(0, "outside", "Something outside of what was collected could end the wait.", Presence.Outside, false, false, "could end the wait", [], 0);
        if (!participants.TryGetValue(pid, out Participant? process))
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"pid {pid}");
            return new StoryProcess(pid, name, $"{name}: not collected", Presence.Named, false, culprits.Contains(pid), "not collected", [], 0);
        }

        return new StoryProcess(
            pid,
            process.Name,
            process.Cmdline is { Length: > 0 } arguments ? Argv.Line(arguments) : VisibleText.Of(process.Name),
            Presence.Collected,
            stuck.Contains(pid),
            culprits.Contains(pid),
            ChipOf(process),
            [.. process.Threads.Select(t => t.Housekeeping ? ThreadMark.Housekeeping : WaitWords.IsIdleOrRunning(t.Wait) ? ThreadMark.Running : ThreadMark.Waiting)],
            foldedPorts);
    }

    private string? ChipOf(Participant process)
    {
        WaitEdge[] waits = [.. finding.Edges.Where(e => e.From.Pid == process.Pid)];
        int? waiter = (waits.FirstOrDefault(e => e.To.Any(t => t.Pid != process.Pid)) ?? waits.FirstOrDefault())?.From.Tid;
        ThreadInfo? thread = process.Threads.FirstOrDefault(t => t.Tid == waiter)
            ?? process.Threads.FirstOrDefault(t => t.Tid == process.Pid)
            ?? process.Threads.FirstOrDefault();
        return process.State is "Z" ? "zombie" : thread is null ? null : thread.Wchan ?? WaitWords.Of(thread.Wait);
    }
}
