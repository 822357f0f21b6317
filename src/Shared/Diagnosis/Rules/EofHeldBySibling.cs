using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A parent has closed its end of a child's pipe and waits for that child, which reads to the end. The end does not come: another child inherited the write end, for it was not
/// close-on-exec, and itself waits for the parent.
/// <code>
/// parent   waits for filter      b: parent/6w
/// filter   reads a, to its end   a: later/5w      forked while the parent still had it
/// later    reads b
/// </code>
/// Or the parent itself reads what a child has written that has exited, and another child has that end too.
/// <code>
/// parent   reads a, to its end   a: other/4w      b: parent/6w
/// other    reads b at its stdin
/// </code>
/// A writer by design has the pipe as its stdio. One that was started before the reader made no copy of what the parent kept for the reader, unless it is no writer by all that is seen of it.
/// </summary>
internal sealed class EofHeldBySibling : IncidentRule
{
    public override RuleInfo Info { get; } = new("eof-held-by-sibling", FindingClass.Deadlock,
        "A process waits for the end of a pipe that whoever was to write there has closed: another child of the same parent inherited the write end and waits for that parent.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        foreach (IncidentEdge edge in incident.Edges)
        {
            if (edge.IsKinship || !IsReadToItsEnd(incident, edge.Part) || !incident.Core.Contains(edge.From))
                continue;
            if (ParentOfAll(incident, edge, out bool later) is not { } parent)
                continue;
            string reader = narrator.Name(edge.From), above = narrator.Name(parent.Pid);
            string[] holders = [.. edge.Holders.Select(narrator.Name)];
            Waker[] inherited = [.. incident.Edges.Where(other => other.From == edge.From && !other.IsKinship && (other == edge || parent.Pid == edge.From && !other.IsAside)).SelectMany(other => other.To)];
            string stream = StreamEnds.NameOf(edge.Part.Target!), end = edge.Part.Kind == WaitKind.SocketRead ? "other end" : "write end";
            string remedy = inherited.Length == 1
                ? $"It ends when {holders[0]} closes fd {inherited[0].Fd}, which it inherited from {above} and has no use for."
                : $"It ends when {Narrator.Listing(inherited.Select(one => $"fd {one.Fd} of {narrator.Name(one.Node)}"))} are closed: inherited from {above}, and of no use there.";
            return new Verdict(
                parent.Pid == edge.From
                    ? $"{reader} waits for the end of {stream}, or for more in it, but nobody has its {end} except {Narrator.Listing(holders)}, which inherited it and waits for {reader}."
                    : $"{reader} waits for the end of {stream}, which {above} has closed, but {Narrator.Listing(holders)}, started {(later ? "later" : "beside it")}, inherited its {end}.",
                [.. inherited.Select(one => new Culprit(one.Node, one.Fd, incident.Evidence.Resources.ResourceOf(one.Node, one.Fd!.Value), remedy))])
            {
                // Workers that wait for work from a parent that waits for a signal stand the same way.
                NamesFault = false,
            };
        }
        return null;
    }

    /// <summary>A pipe, or the stdin that a parent has made of a pair of sockets: over another such two talk.</summary>
    private static bool IsReadToItsEnd(Incident incident, Wait part) =>
        part is { Kind: WaitKind.PipeRead, Target: not null } || part.Fd == 0 && StreamEnds.IsRead(part) && incident.Evidence.Resources.IsHandedOn(part.Target!);

    /// <summary>Whose children, or theirs, all are who inherited the end: the reader itself, or one above it that waits for it, be it through others. Null: not all did.</summary>
    /// <param name="later">Whether all of them were started after the one that leads to the reader.</param>
    private static HostProcess? ParentOfAll(Incident incident, IncidentEdge edge, out bool later)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        HostProcess reader = resources.Find(edge.From)!;
        later = false;
        // Of several that it polls, each: else somebody is to write there.
        if (!edge.IsAside && incident.Edges.Where(other => other.From == edge.From && !other.IsKinship && !other.IsAside).All(other => other.Part is { Kind: WaitKind.PipeRead, Fd: > 2 }
            && other.To.All(waker => resources.IsDescendant(resources.Find(waker.Node)!, reader) && IsNoWriter(incident, waker, reader))))
        {
            return reader;
        }
        HostProcess below = reader;
        // A pid reused while the look walked could close a circle of parents.
        for (int steps = 0; steps < incident.Core.Count && resources.ParentOf(below) is { } parent && WaitsFor(incident, parent.Pid, below.Pid); steps++)
        {
            if (edge.To.All(waker => IsSibling(resources, waker, below, parent) && !MayWaitFor(incident, waker.Node, edge.From) && (IsLater(resources, waker, below) || IsNoWriter(incident, waker, parent))))
            {
                later = edge.To.All(waker => IsLater(resources, waker, below));
                return parent;
            }
            below = parent;
        }
        return null;
    }

    /// <summary>Whether the parent is a member of the core that waits for this child itself, or for what it says.</summary>
    private static bool WaitsFor(Incident incident, int parent, int child) => incident.Core.Contains(parent)
        && incident.Edges.Any(edge => edge.From == parent && !edge.IsKinship && edge.To.Any(waker => waker.Node == child));

    private static bool IsSibling(ResourceIndex resources, Waker waker, HostProcess below, HostProcess parent)
    {
        HostProcess holder = resources.Find(waker.Node)!;
        return holder != below && holder != parent && waker.Fd > 2 && resources.IsDescendant(holder, parent) && !resources.IsDescendant(holder, below);
    }

    /// <summary>Whether one waits at an object, for a word of memory or for a lock that the reader may give as well as the parent: then the reader may wait for what it is going to write, and not for the end.</summary>
    private static bool MayWaitFor(Incident incident, int holder, int reader) => incident.Edges.Any(edge => edge.From == holder && !edge.IsKinship
        && edge.Part.Kind is WaitKind.Futex or WaitKind.SysvSemaphore or WaitKind.SysvMessage or WaitKind.PosixQueue or WaitKind.FileLock or WaitKind.EventFd && edge.To.Any(waker => waker.Node == reader));

    private static bool IsLater(ResourceIndex resources, Waker waker, HostProcess below)
    {
        ProcessRecord holder = resources[waker.Node];
        return (holder.StartTimeTicks, holder.Pid).CompareTo((below.Record.StartTimeTicks, below.Pid)) > 0;
    }

    /// <summary>
    /// Whether by all that is seen of it who holds an end is not to write there: another program than the one above, which was told nothing of that fd, has it at that number alone, and waits at
    /// its stdio for what it is to do.
    /// </summary>
    private static bool IsNoWriter(Incident incident, Waker waker, HostProcess above)
    {
        ProcessRecord holder = incident.Evidence.Resources[waker.Node];
        return waker.Fd is > 2 and int fd && holder.Exe is { } program && above.Record.Exe is { } other && program != other
            && holder.Fds.Count(open => open.Target == holder.FindFd(fd)?.Target) == 1
            && incident.Edges.Any(edge => edge.From == waker.Node && edge.Part.Fd is <= 2)
            && holder.Cmdline is { } words && !CommandLine.Names(words, fd);
    }
}
