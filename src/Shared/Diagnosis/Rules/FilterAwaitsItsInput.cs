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
/// The filter may be a pipeline of several, of which the first is given the input and the last answers; or a shell that waits for a command to exit which reads the input and writes elsewhere, so that the
/// shell alone has the output.
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
        if (incident.Evidence.Counting != Counting.Likely && signalled.IsEmpty && !incident.HasUnseenHandlers || !signalled.All(member => member.Node.CatchesForItsRuntime || stream != FdKind.Path && Relay.Is(incident, member.Pid)) || !incident.HasStoodStill)
            return null;
        foreach (IncidentEdge answer in incident.Edges.Where(IsRead))
        {
            bool byExit = answer.Holders.All(holder => holder == answer.From || AwaitsChild(incident, holder));
            foreach (int filter in answer.To.Where(waker => waker.Fd is 1 or 2 || byExit && IsSaved(incident, waker)).Select(waker => waker.Node).Distinct())
            {
                if (InputOf(incident, answer.From, filter, byExit) is not { } input || SocketMutualRead.IsConversation(incident, answer, filter))
                    continue;
                string parent = narrator.Name(answer.From), child = narrator.Name(filter), first = narrator.Name(input.From);
                string between = input.From == filter ? "and" : byExit ? $"that for {first} to exit, and" : $"that for what {first} passes on, and";
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

    /// <summary>
    /// What a filter below the parent reads from it at its stdin, or at its terminal; of a pipeline of filters what the first of them reads; or null.
    /// </summary>
    /// <param name="incident">Who waits for whom.</param>
    /// <param name="parent">Who keeps the input.</param>
    /// <param name="filter">Who has the output.</param>
    /// <param name="byExit">Whether nobody who reads has the output, and what is waited for is that they exit.</param>
    private IncidentEdge? InputOf(Incident incident, int parent, int filter, bool byExit)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        HashSet<int> seen = [];
        Queue<int> ahead = new([filter]);
        while (ahead.TryDequeue(out int at))
        {
            if (!seen.Add(at) || !incident.Core.Contains(at) || resources.Find(at) is not { } below || resources.Find(parent) is not { } above || !resources.IsDescendant(below, above))
                continue;
            IncidentEdge? read = incident.Edges.FirstOrDefault(edge => edge.From == at && (stream == FdKind.Path ? edge.Part is { Kind: WaitKind.Tty, WaitsForRoom: false } : StreamEnds.IsRead(edge.Part) && edge.Part.Fd == 0));
            if (read is not null && read.To.Any(waker => waker.Node == parent))
                return read;
            foreach (int next in read is null ? (byExit ? ChildrenOf(incident, at) : []) : read.To.Where(waker => waker.Fd == 1).Select(waker => waker.Node))
                ahead.Enqueue(next);
        }
        return null;
    }

    /// <summary>For whose exit it waits.</summary>
    private static IEnumerable<int> ChildrenOf(Incident incident, int pid) =>
        incident.Edges.Where(edge => edge is { IsKinship: false, Part.Kind: WaitKind.ChildWait } && edge.From == pid).SelectMany(edge => edge.Holders);

    /// <summary>Where a shell keeps its own output while it waits for a command whose output it has redirected: who came by an exec was given nothing that is close-on-exec.</summary>
    private static bool IsSaved(Incident incident, Waker waker)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        return waker.Fd is { } fd && resources[waker.Node].FindFd(fd)?.CloseOnExec == true && resources.ParentOf(resources.Find(waker.Node)!)?.Record.Exe != resources[waker.Node].Exe;
    }

    private static bool AwaitsChild(Incident incident, int pid) => ChildrenOf(incident, pid).Any();
}
