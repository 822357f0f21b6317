using System.Collections.Immutable;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// The largest set of processes that only processes of the same set could wake: a greatest fixpoint. It begins with everybody, takes
/// out whoever has a reason to run or could be woken from outside the set, and goes on with a work list until nothing changes. Time
/// and space are linear in the number of wakers.
/// </summary>
public static class StuckSet
{
    /// <param name="nodes">The graph.</param>
    /// <param name="ignoreHidden">Take clauses that are open only because of hidden fd tables as closed: what would be stuck if nobody unseen held an end.</param>
    /// <returns>Parallel to <paramref name="nodes"/>: true for a member.</returns>
    public static bool[] Find(ImmutableArray<WaitNode> nodes, bool ignoreHidden)
    {
        var stuck = new bool[nodes.Length];
        Array.Fill(stuck, true);
        var free = new Queue<int>();
        var wokenBy = new List<OpenClause>?[nodes.Length];
        var freedBy = new List<int>?[nodes.Length];

        void Free(int node)
        {
            if (stuck[node])
            {
                stuck[node] = false;
                free.Enqueue(node);
            }
        }

        for (int node = 0; node < nodes.Length; node++)
        {
            if (nodes[node].CanRun is not null)
            {
                Free(node);
                continue;
            }
            foreach (int waker in nodes[node].AlwaysWakers)
                (freedBy[waker] ??= []).Add(node);
            foreach (Waiter waiter in nodes[node].Waiters)
            {
                var thread = new OpenThread(node) { ClausesLeft = waiter.Clauses.Length };
                foreach (Clause clause in waiter.Clauses)
                {
                    var open = new OpenClause(thread);
                    if (clause.Open == Openness.Outside || (clause.Open == Openness.Hidden && !ignoreHidden))
                        open.End();
                    foreach (Waker waker in clause.Wakers)
                        (wokenBy[waker.Node] ??= []).Add(open);
                }
                if (thread.ClausesLeft == 0)
                    Free(node);
            }
        }
        while (free.TryDequeue(out int freed))
        {
            foreach (OpenClause clause in wokenBy[freed] ?? [])
            {
                clause.End();
                if (clause.Thread.ClausesLeft == 0)
                    Free(clause.Thread.Node);
            }
            foreach (int node in freedBy[freed] ?? [])
                Free(node);
        }
        return stuck;
    }

    private sealed class OpenThread(int node)
    {
        public int Node => node;
        public int ClausesLeft { get; set; }
    }

    private sealed class OpenClause(OpenThread thread)
    {
        private bool _ended;

        public OpenThread Thread => thread;

        public void End()
        {
            if (_ended)
                return;
            _ended = true;
            thread.ClausesLeft--;
        }
    }
}
