namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// A small directed graph with labelled vertices and labelled arcs, and an order of its vertices that does not depend on the order in which
/// they were given: colours are refined by the colours around them, and where vertices stay alike each of them is singled out in turn and
/// the smallest outcome wins. Outcomes that are the same show a symmetry, and what a symmetry maps to what was tried is not tried again.
/// </summary>
internal sealed class CanonicalGraph
{
    /// <summary>Vertices and arcs looked at before the search gives up, a fraction of a second: only graphs of hundreds of alike vertices get there.</summary>
    public const long MaxWork = 3_000_000;

    private readonly List<string> _labels = [];
    private readonly List<(int From, string Label, int To)> _arcs = [];

    public int Add(string label)
    {
        _labels.Add(label);
        return _labels.Count - 1;
    }

    public void Connect(int from, string label, int to) => _arcs.Add((from, label, to));

    /// <summary>The place of each vertex in canonical order.</summary>
    /// <param name="isTotal">False where the search gave up: then vertices that refinement alone cannot tell apart share a place.</param>
    public int[] Places(out bool isTotal)
    {
        var search = new Search(_labels, _arcs);
        isTotal = search.Run();
        return isTotal ? search.Best! : search.Coarse;
    }

    private sealed class Search
    {
        private readonly int[] _first;
        private readonly (int Label, int Vertex)[][] _around;
        private readonly (int From, int Label, int To)[] _arcs;
        private readonly List<int> _path = [];
        private readonly List<int[]> _symmetries = [];
        private int[] _bestPath = [];
        private (int, int, int)[]? _bestText;
        private long _work;

        public int[]? Best { get; private set; }

        public int[] Coarse { get; private set; } = [];

        public Search(List<string> labels, List<(int From, string Label, int To)> arcs)
        {
            string[] names = [.. arcs.Select(arc => arc.Label).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            _arcs = [.. arcs.Select(arc => (arc.From, Array.BinarySearch(names, arc.Label, StringComparer.Ordinal), arc.To))];
            var around = labels.Select(_ => new List<(int, int)>()).ToArray();
            foreach ((int from, int label, int to) in _arcs)
            {
                around[from].Add((label, to));
                around[to].Add((~label, from));
            }
            _around = [.. around.Select(list => list.ToArray())];
            string[] sorted = [.. labels.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            _first = [.. labels.Select(label => Array.BinarySearch(sorted, label, StringComparer.Ordinal))];
        }

        /// <summary>False: it gave up.</summary>
        public bool Run()
        {
            Coarse = Refine(_first);
            if (_work <= MaxWork)
                Explore(Coarse);
            return _work <= MaxWork;
        }

        /// <summary>Returns the depth to go back to: where a symmetry was found, what lies below the fork is known.</summary>
        private int Explore(int[] colours)
        {
            int depth = _path.Count;
            if (_work > MaxWork)
                return depth;
            int[]? cell = SmallestTie(colours);
            if (cell is null)
                return Leaf(colours);
            for (int next = 0; next < cell.Length; next++)
            {
                if (IsKnown(cell, next))
                    continue;
                _path.Add(cell[next]);
                // One half step below its colour, so that it comes before those that it was alike to.
                int back = Explore(Refine([.. colours.Select((colour, vertex) => 2 * colour + (vertex == cell[next] ? 0 : 1))]));
                _path.RemoveAt(depth);
                if (back < depth || _work > MaxWork)
                    return back;
            }
            return depth;
        }

        private int Leaf(int[] places)
        {
            (int, int, int)[] text = [.. _arcs.Select(arc => (places[arc.From], arc.Label, places[arc.To])).Order()];
            int order = _bestText is null ? -1 : Compare(text, _bestText);
            if (order < 0)
            {
                (_bestText, Best, _bestPath) = (text, places, [.. _path]);
                return _path.Count;
            }
            if (order > 0)
                return _path.Count;
            var at = new int[places.Length];
            for (int vertex = 0; vertex < places.Length; vertex++)
                at[places[vertex]] = vertex;
            _symmetries.Add([.. Best!.Select(place => at[place])]);
            int common = 0;
            while (common < _path.Count && common < _bestPath.Length && _path[common] == _bestPath[common])
                common++;
            return common;
        }

        /// <summary>Whether a symmetry that leaves the path in place maps a vertex of the cell that was tried to this one.</summary>
        private bool IsKnown(int[] cell, int next)
        {
            if (next == 0 || _symmetries.Count == 0)
                return false;
            int[][] fixing = [.. _symmetries.Where(symmetry => _path.TrueForAll(vertex => symmetry[vertex] == vertex))];
            if (fixing.Length == 0)
                return false;
            var root = Enumerable.Range(0, _first.Length).ToArray();
            int RootOf(int vertex) => root[vertex] == vertex ? vertex : root[vertex] = RootOf(root[vertex]);
            foreach (int[] symmetry in fixing)
            {
                for (int vertex = 0; vertex < symmetry.Length; vertex++)
                    root[RootOf(vertex)] = RootOf(symmetry[vertex]);
            }
            return cell.Take(next).Any(tried => RootOf(tried) == RootOf(cell[next]));
        }

        private int[] Refine(int[] colours)
        {
            colours = Ranks(colours, [.. colours.Select(_ => Array.Empty<(int, int)>())], out int count);
            while (true)
            {
                _work += _first.Length + 2 * _arcs.Length;
                if (_work > MaxWork)
                    return colours;
                (int, int)[][] seen = [.. _around.Select(list => list.Select(arc => (arc.Label, colours[arc.Vertex])).Order().ToArray())];
                int[] refined = Ranks(colours, seen, out int refinedCount);
                if (refinedCount == count)
                    return refined;
                (colours, count) = (refined, refinedCount);
            }
        }

        /// <summary>Numbers the vertices 0, 1, 2 ... by colour and then by what is around; alike ones get the same number.</summary>
        private static int[] Ranks(int[] colours, (int, int)[][] around, out int count)
        {
            int Order(int a, int b) => colours[a] != colours[b] ? colours[a].CompareTo(colours[b]) : Compare(around[a], around[b]);
            int[] sorted = [.. Enumerable.Range(0, colours.Length)];
            Array.Sort(sorted, Order);
            var ranks = new int[colours.Length];
            count = colours.Length == 0 ? 0 : 1;
            for (int i = 1; i < sorted.Length; i++)
                ranks[sorted[i]] = Order(sorted[i - 1], sorted[i]) == 0 ? count - 1 : count++;
            return ranks;
        }

        private static int Compare<T>(T[] a, T[] b) where T : IComparable<T>
        {
            if (a.Length != b.Length)
                return a.Length.CompareTo(b.Length);
            for (int i = 0; i < a.Length; i++)
            {
                int order = a[i].CompareTo(b[i]);
                if (order != 0)
                    return order;
            }
            return 0;
        }

        private static int[]? SmallestTie(int[] colours) => colours
            .Select((colour, vertex) => (colour, vertex))
            .GroupBy(pair => pair.colour, pair => pair.vertex)
            .Where(cell => cell.Count() > 1)
            .OrderBy(cell => cell.Count()).ThenBy(cell => cell.Key)
            .FirstOrDefault()?.ToArray();
    }
}
