namespace OrphanBoard.Server.Board.Drawing;

/// <summary>
/// Heights: every node is pulled to where its lines would be level, and pushed apart from its neighbours in the layer. For one layer
/// that is a least-squares fit under an order, solved exactly by pooling adjacent violators; layers take turns until it settles.
/// </summary>
internal static class LayerPlace
{
    private const int MaxRounds = 40;
    private const int MaxWork = 400_000;

    public static void Apply(LayerGraph graph)
    {
        foreach (List<Node> layer in graph.Layers)
        {
            double y = 0;
            for (int i = 0; i < layer.Count; i++)
            {
                layer[i].Y = y;
                y += layer[i].Height + (i + 1 < layer.Count ? Gap(layer[i], layer[i + 1]) : 0);
            }
        }

        int nodes = graph.Layers.Sum(l => l.Count);
        int rounds = Math.Clamp(MaxWork / Math.Max(1, nodes), 6, MaxRounds);
        for (int round = 0; round < rounds; round++)
        {
            foreach (List<Node> layer in round % 2 == 0 ? graph.Layers.AsEnumerable() : graph.Layers.Reverse())
                Fit(layer);
        }

        double top = graph.Layers.SelectMany(l => l).Select(n => n.Y).DefaultIfEmpty(0).Min();
        foreach (Node node in graph.Layers.SelectMany(l => l))
            node.Y -= top;
    }

    private static double Gap(Node above, Node below) => (above.Kind, below.Kind) switch
    {
        (NodeKind.Card, NodeKind.Card) => 28,
        (NodeKind.Card, _) or (_, NodeKind.Card) => 16,
        (NodeKind.Pill, NodeKind.Pill) => 14,
        _ => 10,
    };

    private static void Fit(List<Node> layer)
    {
        // Blocks of nodes that touch: mean target, weight, and how many.
        var blocks = new List<(double Mean, double Weight, int Count)>(layer.Count);
        var offset = new double[layer.Count];
        for (int i = 0; i < layer.Count; i++)
        {
            if (i > 0)
                offset[i] = offset[i - 1] + layer[i - 1].Height + Gap(layer[i - 1], layer[i]);
            (double wish, double weight) = Wish(layer[i]);
            blocks.Add((wish - offset[i], weight, 1));
            while (blocks.Count > 1 && blocks[^2].Mean > blocks[^1].Mean)
            {
                var (a, b) = (blocks[^2], blocks[^1]);
                blocks.RemoveAt(blocks.Count - 1);
                blocks[^1] = ((a.Mean * a.Weight + b.Mean * b.Weight) / (a.Weight + b.Weight), a.Weight + b.Weight, a.Count + b.Count);
            }
        }

        int at = 0;
        foreach (var block in blocks)
        {
            for (int i = 0; i < block.Count; i++, at++)
                layer[at].Y = block.Mean + offset[at];
        }
    }

    private static (double Wish, double Weight) Wish(Node node)
    {
        double sum = 0, weight = 0;
        foreach (Segment s in node.Lefts)
            Add(s.Left.Y + s.LeftAt - s.RightAt, WeightOf(s));
        foreach (Segment s in node.Rights)
            Add(s.Right.Y + s.RightAt - s.LeftAt, WeightOf(s));
        return weight == 0 ? (node.Y, 0.01) : (sum / weight, weight);

        void Add(double y, double w)
        {
            sum += y * w;
            weight += w;
        }
    }

    private static double WeightOf(Segment s) =>
        (s.Kind == ChainKind.Wait ? 6 : 1) * (s.Left.Kind == NodeKind.Bend && s.Right.Kind == NodeKind.Bend ? 4 : 1);
}
