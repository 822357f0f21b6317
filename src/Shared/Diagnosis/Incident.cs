using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// One story: stuck processes that hang together by wait edges and, where no edge can be seen, by parent and child whose waits began
/// together.
/// </summary>
/// <param name="Evidence">Where it was seen.</param>
/// <param name="Members">Pids of all stuck processes of the story, ascending.</param>
/// <param name="Core">Those that wait only for each other: the rest merely waits upstream of them.</param>
/// <param name="Edges">Who waits for whom; those of <see cref="EdgeBasis.Kinship"/> join what no wait joins.</param>
internal sealed record Incident(Evidence Evidence, ImmutableArray<int> Members, ImmutableHashSet<int> Core, ImmutableArray<IncidentEdge> Edges)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(Incident);

    /// <summary>All incidents of a look, by their first member.</summary>
    public static IEnumerable<Incident> Of(Evidence evidence)
    {
        ImmutableArray<int> stuck = [.. evidence.Stuck];
        if (stuck.IsEmpty)
            return [];
        var position = stuck.Select((node, place) => (node, place)).ToDictionary(pair => pair.node, pair => pair.place);
        ImmutableArray<IncidentEdge> waits = [.. stuck.SelectMany(node => EdgesOf(evidence, node, evidence.Stuck.Contains, evidence.Proven))];
        var pairs = waits.SelectMany(edge => edge.To.Select(waker => (A: position[edge.From], B: position[waker.Node]))).Distinct().ToList();

        var group = new int[stuck.Length];
        int number = 0;
        foreach (IReadOnlyList<int> members in Components.Weak(stuck.Length, pairs))
        {
            foreach (int member in members)
                group[member] = number;
            number++;
        }
        ImmutableArray<IncidentEdge> kinship = [.. stuck
            .Select(child => (Child: child, Parent: evidence.Resources.ParentOf(child)))
            .Where(pair => pair.Parent is { } parent && evidence.Stuck.Contains(parent)
                && group[position[pair.Child]] != group[position[parent]]
                && BeganTogether(evidence, parent, pair.Child))
            .Select(pair => IncidentEdge.OfKinship(pair.Parent!.Value, pair.Child))];

        return [.. Components.Weak(stuck.Length, pairs.Concat(kinship.Select(edge => (position[edge.From], position[edge.To[0].Node]))))
            .Select(members => OfMembers(evidence, [.. members.Select(place => stuck[place])], waits, kinship))];
    }

    private static Incident OfMembers(Evidence evidence, ImmutableArray<int> members, ImmutableArray<IncidentEdge> waits, ImmutableArray<IncidentEdge> kinship)
    {
        var inside = members.ToHashSet();
        ImmutableArray<IncidentEdge> own = [.. waits.Where(edge => inside.Contains(edge.From))];
        ILookup<int, int> outward = own.Where(edge => edge.To.Any(waker => waker.Node != edge.From)).ToLookup(edge => edge.From, edge => edge.Tid);
        own = [.. own.Where(edge => !IsOfAnIdleThread(evidence, edge, [.. outward[edge.From]]))];
        ImmutableArray<IncidentEdge> kin = [.. kinship.Where(edge => inside.Contains(edge.From))];
        return new Incident(evidence, members, CoreOf(members, own), [.. own, .. kin]);
    }

    /// <summary>
    /// Whether a thread waits at a pipe, a socket or an eventfd of its own process alone, others of which wait for somebody else, or have locks in two orders, say: it waits for what they would have given it to do.
    /// </summary>
    /// <param name="evidence">Where it was seen.</param>
    /// <param name="edge">Its wait.</param>
    /// <param name="outward">The threads of its process that wait for others.</param>
    private static bool IsOfAnIdleThread(Evidence evidence, IncidentEdge edge, ImmutableArray<int> outward)
    {
        if (edge.Part.Kind == WaitKind.Futex || !edge.To.All(waker => waker.Node == edge.From) || outward.Contains(edge.Tid))
            return false;
        HostProcess process = evidence.Resources.Find(edge.From)!;
        return process.Record.Threads.Length > 1 && (!outward.IsEmpty || LockGraph.Of(process.Record, process.WaitsOf(evidence.Last.Host)).Any());
    }

    /// <summary>The terminal strongly connected parts: what everybody else waits for in the end.</summary>
    private static ImmutableHashSet<int> CoreOf(ImmutableArray<int> members, ImmutableArray<IncidentEdge> waits)
    {
        var position = members.Select((node, place) => (node, place)).ToDictionary(pair => pair.node, pair => pair.place);
        var successors = members.Select(_ => new List<int>()).ToArray();
        foreach (IncidentEdge edge in waits)
            successors[position[edge.From]].AddRange(edge.To.Where(waker => waker.Node != edge.From).Select(waker => position[waker.Node]));
        int[] component = Components.StronglyConnected(successors);
        var leaving = new HashSet<int>();
        for (int place = 0; place < members.Length; place++)
        {
            if (successors[place].Any(next => component[next] != component[place]))
                leaving.Add(component[place]);
        }
        return [.. members.Where((_, place) => !leaving.Contains(component[place]))];
    }

    /// <param name="evidence">Where it was seen.</param>
    /// <param name="node">Pid of the waiter.</param>
    /// <param name="inside">Who belongs to the story.</param>
    /// <param name="proven">Whose waits are proven.</param>
    internal static IEnumerable<IncidentEdge> EdgesOf(Evidence evidence, int node, Func<int, bool> inside, ImmutableSortedSet<int> proven)
    {
        foreach (Waiter waiter in evidence.Graph.NodeOf(node).Waiters)
        {
            for (int clause = 0; clause < waiter.Clauses.Length; clause++)
            {
                IEnumerable<Clause> parts = waiter.Clauses[clause].Parts is { IsEmpty: false } members ? members : [waiter.Clauses[clause]];
                foreach (Clause part in parts)
                {
                    // A waker that only happens to be in the proof is not part of the story; a waiter that also has the other end open is.
                    ImmutableArray<Waker> to = [.. part.Wakers.Where(waker => waker.Direct && inside(waker.Node))];
                    if (!to.IsEmpty)
                        yield return new IncidentEdge(node, waiter.Thread.Tid, clause, waiter.Wait, part.Wait, to, proven.Contains(node) ? EdgeBasis.Proven : EdgeBasis.Assumed);
                }
            }
        }
    }

    /// <summary>Whether no thread that counts of those who wait only for each other has run for the minimum wait; none of them wakes from time to time.</summary>
    public bool HasStoodStill => Core.All(member => Evidence.Graph.NodeOf(member).Waiters.All(waiter =>
        !waiter.Timed && Evidence.StillFor(Evidence.Resources[member], waiter.Thread) >= Evidence.Options.MinimumWait));

    /// <summary>Whether what one of those who wait only for each other does when a signal comes shows nowhere, see <see cref="NotByDesign.HasUnseenHandlers"/>.</summary>
    public bool HasUnseenHandlers => Core.Any(member => NotByDesign.HasUnseenHandlers(Evidence.Resources, Evidence.Resources.Find(member)!));

    private static readonly TimeSpan Together = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Parent and child belong to one story where the parent made a pipe for the child (both hold it, whichever ends), or where the last of
    /// each to run ran within ten seconds of the other.
    /// </summary>
    private static bool BeganTogether(Evidence evidence, int parent, int child)
    {
        ProcessRecord a = evidence.Resources[parent], b = evidence.Resources[child];
        if (a.Fds.Any(fd => fd.Target.Kind == FdKind.Pipe && evidence.Resources.HoldersOf(fd.Target) is var holders
            && holders.Any(holder => holder.Process == child)
            && holders.All(holder => holder.Process == child || holder.Process == parent)))
        {
            return true;
        }
        return (LastToRun(evidence, a) - LastToRun(evidence, b)).Duration() <= Together;
    }

    private static TimeSpan LastToRun(Evidence evidence, ProcessRecord process) =>
        process.Threads.Min(thread => evidence.StillFor(process, thread));
}

/// <summary>A wait of one thread, or kinship.</summary>
/// <param name="From">Pid of the waiting process.</param>
/// <param name="Tid">The waiting thread; the leader for kinship.</param>
/// <param name="Clause">Which of the wait's clauses.</param>
/// <param name="Whole">The thread's whole wait: a set, say.</param>
/// <param name="Part">What of it this edge is: the member of the set.</param>
/// <param name="To">Who holds what is waited for.</param>
/// <param name="Basis">Seen, assumed, or kinship.</param>
internal sealed record IncidentEdge(int From, int Tid, int Clause, Wait Whole, Wait Part, ImmutableArray<Waker> To, EdgeBasis Basis)
{
    /// <inheritdoc/>
    public override string ToString() => $"{From} {Part.Kind}";

    public static IncidentEdge OfKinship(int parent, int child) => OfFamily(parent, child, EdgeBasis.Kinship);

    /// <summary>Of a parent that no call shows to wait for its child.</summary>
    public static IncidentEdge OfAwaited(int parent, int child) => OfFamily(parent, child, EdgeBasis.Assumed);

    private static IncidentEdge OfFamily(int parent, int child, EdgeBasis basis)
    {
        var wait = new Wait { Kind = WaitKind.ChildWait, Bounded = Bounded.Unknown, Children = new ChildSelector(child, null) };
        return new IncidentEdge(parent, parent, 0, wait, wait, [new Waker(child, null, Direct: true)], basis);
    }

    public bool IsKinship => Basis == EdgeBasis.Kinship;

    /// <summary>The processes that have what is waited for, in the order of <see cref="To"/>: one that has it twice is one who would have to act.</summary>
    public IEnumerable<int> Holders => To.Select(waker => waker.Node).Distinct();

    /// <summary>Where a process has it: <c>fd 4 and fd 6</c>.</summary>
    public string FdsOf(int holder) => Narrator.Listing(WakersOf(holder).Select(waker => waker.Fd).Order().Select(fd => $"fd {fd}"));

    public ImmutableArray<Waker> WakersOf(int holder) => [.. To.Where(waker => waker.Node == holder)];

    /// <summary>What it takes to close the other end besides using it, as the rest of a remedy: <c>, or closes fd 4 and fd 6</c>. Empty where that would end nothing: somebody else keeps the end open, be it who waits.</summary>
    /// <param name="holder">Who would close it.</param>
    /// <param name="it">How the remedy calls it where it is one fd.</param>
    public string OrCloses(int holder, string it = "it") =>
        To.Any(waker => waker.Node != holder) || holder == From ? "" : WakersOf(holder) is [_] ? $", or closes {it}" : $", or closes {FdsOf(holder)}";

    /// <summary>A member of a set that stands there for the end of the others alone, beside members that wait for what they say.</summary>
    public bool IsAside => Part.OnlyForTheEnd && Whole.Members.Any(member => !member.OnlyForTheEnd);
}
