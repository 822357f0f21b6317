using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// The largest set of nodes that only nodes of the same set could wake: a greatest fixpoint. It begins with all candidates, takes
/// out whoever has a reason to run or could be woken from outside the set, and goes on with a work list until nothing changes. Time
/// and space are linear in the number of wakers; what one search has allocated, the next one uses again.
/// </summary>
internal sealed class StuckSet
{
    private const int None = -1;

    private readonly List<bool> _stuck = [];

    // Per node, what it ends when it is free: a list of edges, each either a clause or, as ~node, a node that it frees outright.
    private readonly List<int> _firstEdge = [];
    private readonly List<int> _edgeEnds = [], _nextEdge = [];
    private readonly List<int> _threadNode = [], _clausesLeft = [];

    /// <summary>The thread of each clause; <see cref="None"/> once it is ended.</summary>
    private readonly List<int> _clauses = [];
    private readonly Stack<int> _freed = [];
    private StuckSet? _kept;
    private int _keptEdges;

    /// <summary>Begins anew with nodes 0 to <paramref name="count"/> - 1, all of them free.</summary>
    /// <param name="threads">How many threads there may be: room for them is made once.</param>
    public void Begin(int count, int threads = 0)
    {
        _edgeEnds.EnsureCapacity(threads);
        _nextEdge.EnsureCapacity(threads);
        _threadNode.EnsureCapacity(threads);
        _clausesLeft.EnsureCapacity(threads);
        _clauses.EnsureCapacity(threads);
        _edgeEnds.Clear();
        _nextEdge.Clear();
        _threadNode.Clear();
        _clausesLeft.Clear();
        _clauses.Clear();
        _freed.Clear();
        CollectionsMarshal.SetCount(_stuck, count);
        CollectionsMarshal.AsSpan(_stuck).Clear();
        CollectionsMarshal.SetCount(_firstEdge, count);
        CollectionsMarshal.AsSpan(_firstEdge).Fill(None);
    }

    /// <summary>Remembers how it stands, settled, to <see cref="Return"/> to.</summary>
    public void Keep()
    {
        _kept ??= new StuckSet();
        Copy(_stuck, _kept._stuck);
        Copy(_firstEdge, _kept._firstEdge);
        Copy(_clausesLeft, _kept._clausesLeft);
        Copy(_clauses, _kept._clauses);
        _keptEdges = _edgeEnds.Count;
    }

    /// <summary>Stands again as it was when it was kept: what is freed or added from now on is so beyond what was then.</summary>
    /// <exception cref="InvalidOperationException">Nothing was kept.</exception>
    public void Return()
    {
        StuckSet kept = _kept ?? throw new InvalidOperationException("nothing was kept");
        Copy(kept._stuck, _stuck);
        Copy(kept._firstEdge, _firstEdge);
        Copy(kept._clausesLeft, _clausesLeft);
        Copy(kept._clauses, _clauses);
        // These are added to and never changed.
        CollectionsMarshal.SetCount(_edgeEnds, _keptEdges);
        CollectionsMarshal.SetCount(_nextEdge, _keptEdges);
        CollectionsMarshal.SetCount(_threadNode, _clausesLeft.Count);
        _freed.Clear();
    }

    private static void Copy<T>(List<T> from, List<T> to)
    {
        CollectionsMarshal.SetCount(to, from.Count);
        CollectionsMarshal.AsSpan(from).CopyTo(CollectionsMarshal.AsSpan(to));
    }

    public bool IsStuck(int node) => _stuck[node];

    /// <summary>A candidate: stuck until something frees it. All of them before the first thread.</summary>
    public void Hold(int node) => _stuck[node] = true;

    /// <summary>It has a reason to run.</summary>
    public void Free(int node)
    {
        if (!_stuck[node])
            return;
        _stuck[node] = false;
        _freed.Push(node);
    }

    /// <summary>A thread, whose clauses follow until <see cref="EndThread"/>.</summary>
    public int BeginThread(int node)
    {
        _threadNode.Add(node);
        _clausesLeft.Add(0);
        return _threadNode.Count - 1;
    }

    public int BeginClause(int thread)
    {
        _clausesLeft[thread]++;
        _clauses.Add(thread);
        return _clauses.Count - 1;
    }

    /// <returns>False: the clause is ended, by this waker or before.</returns>
    public bool AddWaker(int clause, int waker)
    {
        if (_clauses[clause] == None)
            return false;
        if (!_stuck[waker])
        {
            EndClause(clause);
            return false;
        }
        AddEdge(waker, clause);
        return true;
    }

    /// <summary>Something outside ends it.</summary>
    public void EndClause(int clause)
    {
        int thread = _clauses[clause];
        if (thread == None)
            return;
        _clauses[clause] = None;
        _clausesLeft[thread]--;
    }

    public void EndThread(int thread)
    {
        if (_clausesLeft[thread] == 0)
            Free(_threadNode[thread]);
    }

    /// <summary><paramref name="waker"/> makes <paramref name="node"/> run whatever that waits for.</summary>
    public void AddAlwaysWaker(int node, int waker)
    {
        if (!_stuck[waker])
            Free(node);
        else
            AddEdge(waker, ~node);
    }

    /// <summary>Goes on until nobody else can be freed.</summary>
    public void Settle()
    {
        while (_freed.TryPop(out int freed))
        {
            for (int edge = _firstEdge[freed]; edge != None; edge = _nextEdge[edge])
            {
                int ends = _edgeEnds[edge];
                if (ends < 0)
                {
                    Free(~ends);
                }
                else if (_clauses[ends] is not None and var thread)
                {
                    EndClause(ends);
                    EndThread(thread);
                }
            }
        }
    }

    private void AddEdge(int waker, int ends)
    {
        _edgeEnds.Add(ends);
        _nextEdge.Add(_firstEdge[waker]);
        _firstEdge[waker] = _edgeEnds.Count - 1;
    }

    /// <param name="members">Nodes that may be stuck, each once; all others are free.</param>
    /// <param name="nodeOf">What a member waits for.</param>
    /// <param name="ignoreHidden">
    /// Take clauses that are open only because of hidden fd tables as closed, nodes of which not all is known as if there were no more to know, and no fd for replaced
    /// under a call: what would be stuck if nobody unseen held an end.
    /// </param>
    /// <returns>Those that are stuck.</returns>
    public static ImmutableSortedSet<int> Find(IReadOnlyList<int> members, Func<int, WaitNode> nodeOf, bool ignoreHidden)
    {
        var search = new StuckSet();
        int outside = members.Count;
        search.Begin(outside + 1);
        var place = new Dictionary<int, int>(members.Count);
        foreach (int member in members)
        {
            search.Hold(place.Count);
            place[member] = place.Count;
        }
        int PlaceOf(int node) => place.GetValueOrDefault(node, outside);

        foreach (int member in members)
        {
            WaitNode node = nodeOf(member);
            if (node.CanRun is not null || !(ignoreHidden || node.NotKnown.IsEmpty))
            {
                search.Free(place[member]);
                continue;
            }
            foreach (int waker in node.AlwaysWakers)
                search.AddAlwaysWaker(place[member], PlaceOf(waker));
            foreach (Waiter waiter in node.Waiters)
            {
                int thread = search.BeginThread(place[member]);
                foreach (Clause clause in waiter.Clauses)
                {
                    int begun = search.BeginClause(thread);
                    if (clause.Open == Openness.Outside || (clause.Open == Openness.Hidden && !ignoreHidden))
                        search.EndClause(begun);
                    foreach (Waker waker in clause.Wakers)
                        search.AddWaker(begun, PlaceOf(waker.Node));
                    foreach (int waker in ignoreHidden ? [] : waiter.WakersIfReused)
                        search.AddWaker(begun, PlaceOf(waker));
                }
                search.EndThread(thread);
            }
        }
        search.Settle();
        return [.. members.Where(member => search.IsStuck(place[member]))];
    }
}
