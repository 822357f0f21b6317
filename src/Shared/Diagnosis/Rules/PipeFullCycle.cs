using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A writer stands before a full pipe, and whoever is to read it waits, in the end, for the writer: it writes to a full pipe as well, or waits for the
/// writer to exit.
/// <code>
/// parent  writes a           a: parent/4w child/0r    full
/// child   writes b           b: child/1w parent/5r    full
/// </code>
/// </summary>
internal sealed class PipeFullCycle : IncidentRule
{
    public override RuleInfo Info { get; } = new("pipe-full-cycle", FindingClass.Deadlock,
        "A process writes to a pipe that is full, and the process that is to read it waits for the writer and does not read.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        // A parent that made the pipe and does not read it comes first: it is the one that was to read while it waits.
        (IncidentEdge Edge, Waker Reader)[] full = [.. incident.Edges
            .Where(edge => !edge.IsKinship && IsFull(resources, edge))
            .SelectMany(edge => ReadersOf(incident, edge).Select(waker => (edge, waker)))
            .OrderByDescending(pair => IsAncestor(resources, pair.waker.Node, pair.edge.From))];
        if (full.Length == 0)
            return OfItsOwn(incident, narrator);
        (IncidentEdge first, Waker reader) = full[0];
        string waits = incident.Edges.Any(edge => edge.From == reader.Node && !edge.IsKinship && edge.To.Any(waker => waker.Node == first.From))
            ? $"waits for {narrator.Name(first.From)}"
            : "does not read it";
        ImmutableArray<Culprit> culprits = [.. full.Select(pair => new Culprit(
            pair.Reader.Node, pair.Reader.Fd, pair.Edge.Part.Target!.Text,
            $"It ends when {narrator.Name(pair.Reader.Node)} reads what is in {pair.Edge.Part.Target.Text} ({pair.Edge.FdsOf(pair.Reader.Node)}){pair.Edge.OrCloses(pair.Reader.Node)}."))];
        return new Verdict(
            $"{narrator.Name(first.From)} {(first.Whole.Kind == WaitKind.Poll ? "polls for room in" : "writes to")} pipe {first.Part.Target!.Id}, which is full, and {narrator.Name(reader.Node)}, who is to read it at fd {reader.Fd}, {waits}.",
            culprits);
    }

    /// <summary>What it writes to is a pipe of its own: it was to read there what it has written, and cannot any more.</summary>
    private static Verdict? OfItsOwn(Incident incident, Narrator narrator)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        foreach (IncidentEdge edge in incident.Edges.Where(edge => !edge.IsKinship && incident.Core.Contains(edge.From) && IsFull(resources, edge)))
        {
            if (edge.To.Any(waker => waker.Node != edge.From)
                || edge.To.FirstOrDefault(waker => waker.Fd is { } fd && (resources[edge.From].FindFd(fd)!.Access & FdAccess.Read) != 0) is not { Fd: { } read })
                continue;
            string who = narrator.Name(edge.From), pipe = edge.Part.Target!.Text;
            return new Verdict(
                $"{who} {(edge.Whole.Kind == WaitKind.Poll ? "polls for room in" : "writes to")} pipe {edge.Part.Target.Id}, which is full, and nobody but itself has it open to read, at fd {read}.",
                [new Culprit(edge.From, read, pipe, $"It ends when {who} reads what is in {pipe} ({edge.FdsOf(edge.From)}) while it writes, or closes {(edge.To.Length == 1 ? "it" : edge.FdsOf(edge.From))}.")]);
        }
        return null;
    }

    /// <summary>A blocking write; or a member of a set where the pipe was seen to be full.</summary>
    private static bool IsFull(ResourceIndex resources, IncidentEdge edge) => edge.Part is { Kind: WaitKind.PipeWrite, Target.Kind: FdKind.Pipe, Fd: { } fd, OnlyForTheEnd: false }
        && (edge.Whole.Kind == WaitKind.PipeWrite || resources[edge.From].FindFd(fd)?.Pipe is { } pipe && pipe.Buffers >= pipe.Capacity);

    /// <summary>
    /// Both in the core; or the reader is there and a parent of the writer: that it waits for its child inside itself, on a futex, is not to be seen.
    /// </summary>
    internal static bool IsInCycle(Incident incident, int writer, int reader) => reader != writer && incident.Core.Contains(reader)
        && (incident.Core.Contains(writer) || IsAncestor(incident.Evidence.Resources, reader, writer));

    /// <summary>Those of the cycle who have the other end of what takes no more.</summary>
    internal static IEnumerable<Waker> ReadersOf(Incident incident, IncidentEdge edge) =>
        edge.To.Where(waker => waker.Fd is not null && IsInCycle(incident, edge.From, waker.Node) && !LeavesItToAChild(incident, edge, waker.Node));

    /// <summary>Whether it does nothing but wait for a child that has that end as well, as a shell does for its command: the child is who was to read. Not where that child is the writer, or has started it.</summary>
    private static bool LeavesItToAChild(Incident incident, IncidentEdge edge, int holder) =>
        incident.Evidence.Graph.NodeOf(holder).Waiters.All(waiter => waiter.Wait.Kind == WaitKind.ChildWait)
        && incident.Edges.Any(wait => wait.From == holder && wait.Part.Kind == WaitKind.ChildWait
            && wait.Holders.Any(child => child != edge.From && edge.Holders.Contains(child) && !IsAncestor(incident.Evidence.Resources, child, edge.From)));

    private static bool IsAncestor(ResourceIndex resources, int ancestor, int process) => resources.IsDescendant(resources.Find(process)!, resources.Find(ancestor)!);
}
