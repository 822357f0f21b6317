using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A client waits on a connection that lies in the queue of a listener, or for room in that queue, and all who have the listener wait as well: nobody is left to
/// accept it. Anybody may connect to a name, but only who has the listener can accept.
/// <code>
/// parent  waits for client to exit      listener: parent/3
/// client  reads s                       s: in the queue of the listener
/// </code>
/// </summary>
internal sealed class NeverAccepted : IncidentRule
{
    public override RuleInfo Info { get; } = new("never-accepted", FindingClass.Deadlock,
        "A client waits on a connection that nobody has accepted, or to connect, and everybody who has the listener waits as well.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        // Two may be each other's clients: the first one is told, and all who could accept are named.
        Verdict[] clients =
        [
            .. incident.Edges
                .Where(edge => !edge.IsKinship && (incident.Core.Contains(edge.From) || IsOfTheirChild(incident, edge)) && IsAtListener(resources, edge.Part))
                .Select(edge => Tell(resources, narrator, edge.From, edge.Part, edge.To)),
        ];
        if (clients is not [var first, ..])
            return null;
        return first with
        {
            Culprits = [.. clients.SelectMany(client => client.Culprits).DistinctBy(culprit => (culprit.Pid, culprit.Fd))],
            Awaited = [.. incident.Core.Where(member => ChildAwaitedByHandler.HowAwaited(incident, member) == ChildWaiting.ByHandler).SelectMany(member => ChildAwaitedByHandler.AwaitedBy(incident, member))],
        };
    }

    /// <summary>Whether one of the core, whose runtime is told of the end of its children by a handler, is waited for by a child of its own: no call of it says that it waits for that one in turn.</summary>
    private static bool IsOfTheirChild(Incident incident, IncidentEdge edge) => incident.HasStoodStill && edge.To.Any(waker =>
        ChildAwaitedByHandler.HowAwaited(incident, waker.Node) == ChildWaiting.ByHandler && incident.Evidence.Resources.IsDescendant(incident.Evidence.Resources.Find(edge.From)!, incident.Evidence.Resources.Find(waker.Node)!));

    /// <summary>Whether only an accept(2) gives it what it waits for.</summary>
    public static bool IsAtListener(ResourceIndex resources, Wait wait) =>
        wait.Kind == WaitKind.SocketConnect || wait.Kind is WaitKind.SocketRead or WaitKind.SocketWrite && resources.Sockets.QueueOf(wait.Target) is not null;

    /// <param name="resources">The look.</param>
    /// <param name="narrator">Knows the names.</param>
    /// <param name="client">Who waits.</param>
    /// <param name="wait">For what.</param>
    /// <param name="holders">Who has the listener.</param>
    public static Verdict Tell(ResourceIndex resources, Narrator narrator, int client, Wait wait, ImmutableArray<Waker> holders)
    {
        // The client may have inherited it as well; those who are to serve it come first.
        ImmutableArray<Waker> acceptors = [.. holders.Where(holder => holder.Fd is not null).OrderBy(holder => holder.Node == client)];
        string[] names = [.. acceptors.Select(holder => holder.Node).Distinct().Select(narrator.Name)];
        string at = resources.Sockets.QueueOf(wait.Target) is { } queue && resources.Sockets.Find(queue) is { } listener && (listener.Name ?? listener.Local) is { } address ? $" {address}" : "";
        string what = wait.Kind == WaitKind.SocketConnect
            ? $"{narrator.Name(client)} waits in connect(2) for room in the queue of a listener from which somebody would have to accept"
            : $"{narrator.Name(client)} waits {(wait.Kind == WaitKind.SocketWrite ? "to send" : "for data")} on a connection to the listener{at} that somebody would have to accept";
        string remedy = names.Length == 1
            ? $"It ends when {names[0]} accepts the connection (fd {Narrator.Listing(acceptors.Select(holder => $"{holder.Fd}"))}), or closes the listener."
            : $"It ends when one of {Narrator.Listing(names)} accepts the connection, or all of them close the listener.";
        return new Verdict(
            $"{what}: {Narrator.Listing(names)}, who {(names.Length == 1 ? "has" : "have")} the listener, {(names.Length == 1 ? "does" : "do")} not.",
            [.. acceptors.Select(holder => new Culprit(holder.Node, holder.Fd, resources.ResourceOf(holder.Node, holder.Fd!.Value), remedy))]);
    }
}
