using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// <see cref="ChildNeverExits"/>, where no call shows whom the parent waits for: a runtime waits for children in a handler of SIGCHLD, and all that its threads wait for they
/// would have to do themselves.
/// <code>
/// parent  waits on futexes, or polls its own eventfd; catches SIGCHLD
/// child   reads a            a: parent/5w child/0r
/// </code>
/// Or (JVM) a thread of its own waits for each child in a call, whether the program waits for that or for a signal: then it is no more than suspected.
/// </summary>
internal sealed class ChildAwaitedByHandler : IncidentRule
{
    public override RuleInfo Info => ChildNeverExits.Told;

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        if (!incident.HasStoodStill)
            return null;
        ResourceIndex resources = incident.Evidence.Resources;
        foreach (IncidentEdge edge in incident.Edges.Where(edge => !edge.IsKinship && StreamEnds.IsRead(edge.Part) && !NeverAccepted.IsAtListener(resources, edge.Part)))
        {
            if (edge.To.FirstOrDefault(waker => waker.Node != edge.From && HowAwaited(incident, waker.Node) != ChildWaiting.InCall) is not { Fd: not null, Node: var parent }
                || !resources.IsDescendant(resources.Find(edge.From)!, resources.Find(parent)!))
                continue;
            // Its handlers are read of suspects alone: who has only now become one is told of at the next look, if then nothing speaks for it.
            if (!WasAsked(resources[parent]))
                continue;
            bool unseen = NotByDesign.HasUnseenHandlers(resources, resources.Find(parent)!);
            if (unseen && !HasOneChild(resources, parent))
                continue; // a supervisor and its workers, which it is told to end
            return Tell(narrator, edge, parent) with
            {
                // What is to end a program it catches by the runtime's handler or by one that was asked for, and /proc does not tell them apart.
                OnlySuspected = unseen || HowAwaited(incident, parent) == ChildWaiting.ByThread || resources[parent].SignalsCaughtAsChild is null,
                Awaited = HowAwaited(incident, parent) == ChildWaiting.ByHandler ? AwaitedBy(incident, parent) : [],
            };
        }
        return null;
    }

    /// <summary>Whether the flags of its fds were read, as those of suspects are together with whatever else is costly; so they are where its table may be read at all.</summary>
    private static bool WasAsked(ProcessRecord process) => process.Fds.IsEmpty || process.Fds.Any(fd => fd.CloseOnExec is not null);

    /// <summary>By what one of the core that waits for nothing but its own threads is told that a child has ended; in a call, where it is not known to wait for one.</summary>
    internal static ChildWaiting HowAwaited(Incident incident, int parent)
    {
        if (!incident.Core.Contains(parent) || incident.Evidence.Resources.Find(parent) is not { } process)
            return ChildWaiting.InCall;
        WaitNode node = incident.Evidence.Graph.NodeOf(parent);
        ImmutableArray<Wait> waits = process.WaitsOf(incident.Evidence.Last.Host);
        // It waits for a word of memory, and not for what comes to its loop (Atomics.wait).
        if (Unheeded.IsStoppedLoop(process.Record, waits))
            return ChildWaiting.InCall;
        ChildWaiting how = NotByDesign.AwaitsChildren(process.Record, waits);
        return node.Waiters.All(waiter => waiter.WaitsOnlyFor(parent) || how == ChildWaiting.ByThread && waiter != node.Main && waiter.Wait.Kind == WaitKind.ChildWait) ? how : ChildWaiting.InCall;
    }

    /// <summary>The children, or theirs, that wait for what a parent has.</summary>
    internal static ImmutableArray<IncidentEdge> AwaitedBy(Incident incident, int parent) =>
    [
        .. incident.Edges.Where(edge => !edge.IsKinship && edge.From != parent && edge.To.Any(waker => waker.Node == parent)).Select(edge => edge.From).Distinct()
            .Where(child => incident.Evidence.Resources.IsDescendant(incident.Evidence.Resources.Find(child)!, incident.Evidence.Resources.Find(parent)!))
            .Select(child => IncidentEdge.OfAwaited(parent, child)),
    ];

    /// <summary>One that lives.</summary>
    internal static bool HasOneChild(ResourceIndex resources, int parent)
    {
        int living = 0;
        foreach (HostProcess child in resources.ChildrenOf(resources.Find(parent)!).Span)
            living += child.Record.IsZombie ? 0 : 1;
        return living == 1;
    }

    private static Verdict Tell(Narrator narrator, IncidentEdge edge, int parent)
    {
        string waiter = narrator.Name(parent), child = narrator.Name(edge.From), resource = edge.Part.Resource ?? "?", fds = edge.FdsOf(parent);
        string remedy = $"It ends when {waiter} closes {fds}{narrator.OthersLetGo(edge, parent)} before it waits for {child}.";
        return new Verdict(
            $"{waiter} waits for nothing but its own threads and the end of its child {child}, which waits for {waiter} ({fds}) to let go of {resource}.",
            [.. edge.WakersOf(parent).Select(waker => new Culprit(parent, waker.Fd, resource, remedy))])
        {
            Doubts = [$"{waiter} catches signals, as its runtime does in every program, and may be meant to end its child when one comes"],
        };
    }
}
