using System.Text;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// A small directed graph with labelled vertices and labelled arcs, and an order of its vertices that does not depend on the order in which
/// they were given: colours are refined by the colours around them, and where vertices stay alike each of them is singled out in turn and
/// the smallest outcome wins.
/// </summary>
internal sealed class CanonicalGraph
{
    /// <summary>Past so many leaves the search keeps the best so far: only graphs of many alike vertices that are not interchangeable get there.</summary>
    private const int MaxLeaves = 2000;

    private readonly List<string> _labels = [];
    private readonly List<(int From, string Label, int To)> _arcs = [];

    public int Add(string label)
    {
        _labels.Add(label);
        return _labels.Count - 1;
    }

    public void Connect(int from, string label, int to) => _arcs.Add((from, label, to));

    /// <summary>Vertices in canonical order.</summary>
    public int[] Order()
    {
        int leaves = 0;
        (string Text, int[] Order)? best = null;
        Search(Refine(Rank([.. _labels])));
        return best!.Value.Order;

        void Search(int[] colours)
        {
            int[]? cell = SmallestTie(colours);
            if (cell is null)
            {
                leaves++;
                int[] order = [.. Enumerable.Range(0, colours.Length).OrderBy(vertex => colours[vertex])];
                string text = Write(order);
                if (best is null || string.CompareOrdinal(text, best.Value.Text) < 0)
                    best = (text, order);
                return;
            }
            foreach (int vertex in AreInterchangeable(cell) ? cell[..1] : cell)
            {
                if (leaves >= MaxLeaves)
                    return;
                // One half step below its colour, so that it comes before those that it was alike to.
                string[] keys = [.. colours.Select((colour, other) => $"{colour:D6}{(other == vertex ? "a" : "b")}")];
                Search(Refine(Rank(keys)));
            }
        }
    }

    /// <summary>The whole graph as text, its vertices numbered by <paramref name="order"/>.</summary>
    private string Write(int[] order)
    {
        var place = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
            place[order[i]] = i;
        var text = new StringBuilder();
        foreach (int vertex in order)
            text.Append(_labels[vertex]).Append('\n');
        foreach (string arc in _arcs.Select(arc => $"{place[arc.From]:D4} {arc.Label} {place[arc.To]:D4}").Order(StringComparer.Ordinal))
            text.Append(arc).Append('\n');
        return text.ToString();
    }

    private int[] Refine(int[] colours)
    {
        while (true)
        {
            var around = new List<string>[colours.Length];
            for (int vertex = 0; vertex < colours.Length; vertex++)
                around[vertex] = [];
            foreach ((int from, string label, int to) in _arcs)
            {
                around[from].Add($">{label}>{colours[to]:D6}");
                around[to].Add($"<{label}<{colours[from]:D6}");
            }
            int[] refined = Rank([.. colours.Select((colour, vertex) => $"{colour:D6}|{string.Join('|', around[vertex].Order(StringComparer.Ordinal))}")]);
            if (refined.Distinct().Count() == colours.Distinct().Count())
                return refined;
            colours = refined;
        }
    }

    private static int[] Rank(string[] keys)
    {
        string[] sorted = [.. keys.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return [.. keys.Select(key => Array.BinarySearch(sorted, key, StringComparer.Ordinal))];
    }

    private static int[]? SmallestTie(int[] colours) => colours
        .Select((colour, vertex) => (colour, vertex))
        .GroupBy(pair => pair.colour, pair => pair.vertex)
        .Where(cell => cell.Count() > 1)
        .OrderBy(cell => cell.Count()).ThenBy(cell => cell.Key)
        .FirstOrDefault()?.ToArray();

    /// <summary>Twins have the very same neighbours by the very same arcs and none among themselves: swapping them changes nothing.</summary>
    private bool AreInterchangeable(int[] cell)
    {
        var inside = cell.ToHashSet();
        string? first = null;
        foreach (int vertex in cell)
        {
            if (_arcs.Any(arc => arc.From == vertex && inside.Contains(arc.To)))
                return false;
            string around = string.Join('|', _arcs
                .Where(arc => arc.From == vertex || arc.To == vertex)
                .Select(arc => arc.From == vertex ? $">{arc.Label}>{arc.To}" : $"<{arc.Label}<{arc.From}")
                .Order(StringComparer.Ordinal));
            first ??= around;
            if (first != around)
                return false;
        }
        return true;
    }
}
