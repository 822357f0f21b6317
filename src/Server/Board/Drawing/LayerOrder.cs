namespace OrphanBoard.Server.Board.Drawing;

/// <summary>Orders each layer so that few lines cross: barycentre sweeps, the best of all sweeps is kept.</summary>
internal static class LayerOrder
{
    private const int Sweeps = 12;

    public static void Apply(LayerGraph graph)
    {
        foreach (List<Node> layer in graph.Layers)
            Number(layer);

        long best = long.MaxValue;
        for (int sweep = 0; sweep < Sweeps && best > 0; sweep++)
        {
            bool rightwards = sweep % 2 == 0;
            foreach (List<Node> layer in rightwards ? graph.Layers.AsEnumerable() : graph.Layers.Reverse())
                Sort(layer, rightwards);
            foreach (Node card in graph.Cards)
                card.PlacePorts();

            long crossings = Crossings(graph);
            if (crossings < best)
            {
                best = crossings;
                foreach (List<Node> layer in graph.Layers)
                    layer.ForEach(n => n.KeptOrder = n.Order);
            }
        }

        foreach (List<Node> layer in graph.Layers)
        {
            layer.Sort((a, b) => a.KeptOrder.CompareTo(b.KeptOrder));
            Number(layer);
        }
        foreach (Node card in graph.Cards)
            card.PlacePorts();
    }

    private static void Sort(List<Node> layer, bool byLeft)
    {
        var value = layer.ToDictionary(n => n, n =>
        {
            List<Segment> segments = byLeft ? n.Lefts : n.Rights;
            return segments.Count == 0 ? n.Order : segments.Average(s => s.OtherValue(n));
        });
        List<Node> sorted = [.. layer.OrderBy(n => value[n]).ThenBy(n => n.Order)];
        layer.Clear();
        layer.AddRange(sorted);
        Number(layer);
    }

    private static void Number(List<Node> layer)
    {
        for (int i = 0; i < layer.Count; i++)
            layer[i].Order = i;
    }

    private static long Crossings(LayerGraph graph)
    {
        long crossings = 0;
        foreach (List<Node> layer in graph.Layers)
        {
            double[] ends = [.. layer.SelectMany(n => n.Rights).OrderBy(s => s.LeftValue).ThenBy(s => s.RightValue).Select(s => s.RightValue)];
            crossings += Inversions(ends, new double[ends.Length], 0, ends.Length);
        }
        return crossings;
    }

    private static long Inversions(double[] values, double[] spare, int start, int end)
    {
        if (end - start < 2)
            return 0;
        int middle = (start + end) / 2;
        long count = Inversions(values, spare, start, middle) + Inversions(values, spare, middle, end);
        for (int at = start, left = start, right = middle; at < end; at++)
        {
            if (right == end || (left < middle && values[left] <= values[right]))
            {
                spare[at] = values[left++];
            }
            else
            {
                spare[at] = values[right++];
                count += middle - left;
            }
        }
        Array.Copy(spare, start, values, start, end - start);
        return count;
    }
}
