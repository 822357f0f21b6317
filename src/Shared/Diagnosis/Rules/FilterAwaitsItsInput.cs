using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// <see cref="PipeReadCycle"/>, <see cref="SocketMutualRead"/> and, at a pseudoterminal that it has made for the filter, <see cref="IpcCycle"/>, where the one who waits is a runtime: it has asked something of a filter, awaits the answer, and
/// keeps the filter's input open.
/// <code>
/// parent  reads b, or polls it among fds of its own         a: parent/5w filter/0r
/// filter  reads a                                           b: parent/6r filter/1w
/// </code>
/// The filter may be a pipeline of several, of which the first is given the input and the last answers.
/// A runtime catches signals in every program, and its service threads go on: as a ring of reads alone this would not be told. What is read is the child's own stdin and
/// stdout; workers are spoken with through one socket, or beyond stdio.
/// </summary>
internal sealed class FilterAwaitsItsInput(FdKind stream) : IncidentRule
{
    public override RuleInfo Info => stream switch { FdKind.Pipe => PipeReadCycle.Told, FdKind.Socket => SocketMutualRead.Told, _ => IpcCycle.Told };

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ImmutableArray<(int Pid, WaitNode Node)> core = [.. incident.Core.Order().Select(member => (member, incident.Evidence.Graph.NodeOf(member)))];
        ImmutableArray<(int Pid, WaitNode Node)> signalled = [.. core.Where(member => member.Node.MayWaitForSignal)];
        // Where everything counts and no handler is in the way, the ring is proven, and told as one.
        if (incident.Evidence.Counting != Counting.Likely && signalled.IsEmpty || !signalled.All(member => member.Node.CatchesForItsRuntime || stream != FdKind.Path && Relay.Is(incident, member.Pid)) || !incident.HasStoodStill)
            return null;
        foreach (IncidentEdge answer in incident.Edges.Where(IsRead))
        {
            foreach (int filter in answer.To.Where(waker => waker.Fd is 1 or 2).Select(waker => waker.Node))
            {
                if (InputOf(incident, answer.From, filter) is not { } input || SocketMutualRead.IsConversation(incident, answer, filter))
                    continue;
                string parent = narrator.Name(answer.From), child = narrator.Name(filter), first = narrator.Name(input.From);
                string between = input.From == filter ? "and" : $"that for what {first} passes on, and";
                string fds = input.FdsOf(answer.From), others = narrator.OthersLetGo(input, answer.From);
                string what = stream == FdKind.Path ? $"the other side of {answer.Part.Target!.Text} (fd {answer.Part.Fd})" : StreamEnds.NameOf(answer.Part.Target!);
                return new Verdict(
                    $"{parent} waits for what {child} writes to {what}, {between} {first} for more input, or the end of it, from {parent}.",
                    [.. input.WakersOf(answer.From).Select(waker => new Culprit(
                        waker.Node, waker.Fd, input.Part.Target!.Text, $"It ends when {parent} closes {fds}, the input of {first}{others}, or writes more to it."))])
                {
                    // Its main thread waits for another of its own threads, or for Ctrl-C; or for whatever comes: the same loop has workers that idle, and is told by a signal that it is over.
                    OnlySuspected = signalled.Any(member => member.Node.Main is not { Wait.Kind: not WaitKind.Poll } main || main.WaitsOnlyFor(member.Pid)),
                };
            }
        }
        return null;
    }

    private bool IsRead(IncidentEdge edge) =>
        edge is { IsKinship: false, Part: { Kind: WaitKind.PipeRead or WaitKind.SocketRead, OnlyForTheEnd: false, Target: { } target } } && target.Kind == stream && stream != FdKind.Path
        || stream == FdKind.Path && edge is { IsKinship: false, Part: { Kind: WaitKind.Tty, WaitsForRoom: false, OnlyForTheEnd: false, Target: { } side } } && WakerFinder.IsMaster(side);

    /// <summary>What a filter below the parent reads from it at its stdin, or at its terminal; of a pipeline of filters what the first of them reads; or null.</summary>
    private IncidentEdge? InputOf(Incident incident, int parent, int filter)
    {
        HashSet<int> seen = [];
        while (seen.Add(filter) && incident.Core.Contains(filter) && incident.Evidence.Resources.Find(filter) is { } below && incident.Evidence.Resources.Find(parent) is { } above
            && incident.Evidence.Resources.IsDescendant(below, above)
            && incident.Edges.FirstOrDefault(edge => edge.From == filter && (stream == FdKind.Path ? edge.Part is { Kind: WaitKind.Tty, WaitsForRoom: false } : StreamEnds.IsRead(edge.Part) && edge.Part.Fd == 0)) is { } read)
        {
            if (read.To.Any(waker => waker.Node == parent))
                return read;
            filter = read.To.Where(waker => waker.Fd == 1).Select(waker => waker.Node).FirstOrDefault();
        }
        return null;
    }
}
