using System.Collections.Immutable;
using CsCheck;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class StuckSetTests
{
    /// <summary>Some thread of each of some processes: what it waits for is a conjunction of disjunctions.</summary>
    private static readonly Gen<ImmutableArray<WaitNode>> Graphs =
        from count in Gen.Int[1, 8]
        from nodes in NodeOf(count).Array[count]
        select nodes.ToImmutableArray();

    [Fact]
    public void Find_RandomGraphs_AreStuckExactlyIfNoSequenceOfMovesFreesThem() =>
        Graphs.Sample(nodes => Assert.Equal(ByBruteForce(nodes, ignoreHidden: false), Find(nodes, ignoreHidden: false)), iter: 20_000);

    [Fact]
    public void Find_HidingMore_NeverMakesMoreStuck() =>
        (from nodes in Graphs from seed in Gen.Int select (nodes, seed)).Sample(sample =>
        {
            var random = new Random(sample.seed);
            ImmutableArray<WaitNode> hidden = [.. sample.nodes.Select(node => node with
            {
                Waiters = [.. node.Waiters.Select(waiter => waiter with
                {
                    Clauses = [.. waiter.Clauses.Select(clause => random.Next(3) == 0 && clause.Open == Openness.Closed ? clause with { Open = Openness.Hidden, Why = "hidden" } : clause)],
                })],
            })];
            bool[] seen = Find(sample.nodes, ignoreHidden: false), guessed = Find(hidden, ignoreHidden: false);
            Assert.All(Enumerable.Range(0, seen.Length), node => Assert.True(seen[node] || !guessed[node]));
        }, iter: 10_000);

    [Fact]
    public void Find_IgnoringHiddenTables_FindsAtLeastAsMuch() =>
        Graphs.Sample(nodes =>
        {
            bool[] strict = Find(nodes, ignoreHidden: false), lenient = Find(nodes, ignoreHidden: true);
            Assert.All(Enumerable.Range(0, strict.Length), node => Assert.True(lenient[node] || !strict[node]));
        }, iter: 10_000);

    [Fact]
    public void Return_AfterOthersWereFreed_GoesOnFromWhereItWasKept() =>
        (from nodes in Graphs from seed in Gen.Int select (nodes, seed)).Sample(sample =>
        {
            var random = new Random(sample.seed);
            ImmutableArray<WaitNode> closed = [.. sample.nodes.Select(node => node with { AlwaysWakers = [] })];
            StuckSet search = Settled(closed);
            search.Keep();
            for (int round = 0; round < 3; round++)
            {
                ImmutableArray<WaitNode> nodes = [.. closed.Select(node => random.Next(3) == 0 ? node with { CanRun = "it runs" } : node)];
                search.Return();
                for (int node = 0; node < nodes.Length; node++)
                {
                    if (nodes[node].CanRun is not null)
                        search.Free(node);
                }
                search.Settle();
                Assert.Equal(Find(nodes, ignoreHidden: true), Enumerable.Range(0, nodes.Length).Select(search.IsStuck));
            }
        }, iter: 5_000);

    private static StuckSet Settled(ImmutableArray<WaitNode> nodes)
    {
        var search = new StuckSet();
        search.Begin(nodes.Length);
        for (int node = 0; node < nodes.Length; node++)
            search.Hold(node);
        for (int node = 0; node < nodes.Length; node++)
        {
            if (nodes[node].CanRun is not null)
                search.Free(node);
            foreach (Waiter waiter in nodes[node].Waiters)
            {
                int thread = search.BeginThread(node);
                foreach (Clause clause in waiter.Clauses)
                {
                    int begun = search.BeginClause(thread);
                    if (clause.Open == Openness.Outside)
                        search.EndClause(begun);
                    foreach (Waker waker in clause.Wakers)
                        search.AddWaker(begun, waker.Node);
                }
                search.EndThread(thread);
            }
        }
        search.Settle();
        return search;
    }

    [Fact]
    public void Find_LongChain_IsLinear()
    {
        // A million would take minutes if a step looked at all nodes.
        const int Count = 200_000;
        ImmutableArray<WaitNode> chain = [.. Enumerable.Range(0, Count).Select(node => Waits([Clause([(node + 1) % Count])]))];
        Assert.All(Find(chain, ignoreHidden: false), Assert.True);

        chain = chain.SetItem(Count - 1, chain[^1] with { CanRun = "it runs" });
        Assert.DoesNotContain(true, Find(chain, ignoreHidden: false));
    }

    /// <summary>Parallel to the nodes, which are their own numbers.</summary>
    private static bool[] Find(ImmutableArray<WaitNode> nodes, bool ignoreHidden)
    {
        ImmutableSortedSet<int> stuck = StuckSet.Find([.. Enumerable.Range(0, nodes.Length)], node => nodes[node], ignoreHidden);
        return [.. Enumerable.Range(0, nodes.Length).Select(stuck.Contains)];
    }

    /// <summary>Lets whoever can move move, in every order, until nobody new can: who has not moved then is stuck.</summary>
    private static bool[] ByBruteForce(ImmutableArray<WaitNode> nodes, bool ignoreHidden)
    {
        var reached = new HashSet<int>();
        var pending = new Stack<int>([0]);
        int everMoved = 0;
        while (pending.TryPop(out int moved))
        {
            if (!reached.Add(moved))
                continue;
            everMoved |= moved;
            for (int node = 0; node < nodes.Length; node++)
            {
                if ((moved & 1 << node) == 0 && CanMove(nodes[node], other => (moved & 1 << other) != 0, ignoreHidden))
                    pending.Push(moved | 1 << node);
            }
        }
        return [.. Enumerable.Range(0, nodes.Length).Select(node => (everMoved & 1 << node) == 0)];
    }

    private static bool CanMove(WaitNode node, Func<int, bool> hasMoved, bool ignoreHidden) =>
        node.CanRun is not null
        || node.AlwaysWakers.Any(hasMoved)
        || node.Waiters.Any(waiter => waiter.Clauses.All(clause =>
            clause.Open == Openness.Outside || (clause.Open == Openness.Hidden && !ignoreHidden) || clause.Wakers.Any(waker => hasMoved(waker.Node))));

    private static Gen<WaitNode> NodeOf(int count) =>
        from clauses in ClauseOf(count).Array[1, 3].Array[1, 3]
        from canRun in Gen.Int[0, 9]
        from always in Gen.Int[0, count - 1].Array[0, 1]
        from hasAlways in Gen.Int[0, 4]
        select new WaitNode(
            [.. clauses.Select(thread => WaiterOf([.. thread]))],
            canRun == 0 ? "it runs" : null,
            hasAlways == 0 ? [.. always] : []);

    private static Gen<Clause> ClauseOf(int count) =>
        from wakers in Gen.Int[0, count - 1].Array[1, 3]
        from open in Gen.Int[0, 14]
        select Clause(wakers) with { Open = open switch { 0 => Openness.Outside, 1 => Openness.Hidden, _ => Openness.Closed } };

    private static WaitNode Waits(ImmutableArray<Clause> clauses) => new([WaiterOf(clauses)], null, []);

    private static Waiter WaiterOf(ImmutableArray<Clause> clauses) =>
        new(new ThreadRecord { Tid = 1, Comm = "t", State = 'S', Call = BlockedCall.Running }, AnyWait, clauses);

    private static Clause Clause(IEnumerable<int> wakers) => new(AnyWait, [.. wakers.Select(node => new Waker(node, null, Direct: true))], Openness.Closed, null);

    private static Wait AnyWait { get; } = new() { Kind = WaitKind.PipeRead, Bounded = Bounded.No };
}
