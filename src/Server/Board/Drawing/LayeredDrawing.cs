using System.Collections.Immutable;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>
/// The wide drawing: columns of processes, pipes between them, waits from left to right. A pure function of the story, the same each time.
/// </summary>
public static class LayeredDrawing
{
    private const double Margin = 12;
    private const double MinGap = 46;
    private const double MaxGap = 120;

    public static Picture Create(Story story)
    {
        if (story.Processes.IsEmpty)
            return new Picture(0, 0, [], [], [], "", "");

        var graph = new LayerGraph(story);
        LayerOrder.Apply(graph);
        LayerPlace.Apply(graph);
        Columns columns = Columns.Of(graph, story);

        ImmutableArray<CardShape> cards = [.. graph.Cards.Select(node => Card(node, story, columns))];
        ImmutableArray<PillShape> pills = [.. graph.Pills.Select(node => Pill(node, story, columns))];
        ImmutableArray<LineShape> lines =
        [
            .. graph.Chains.Where(c => c.Kind == ChainKind.Data).Select(c => Data(c, story, columns)),
            .. graph.Chains.Where(c => c.Kind == ChainKind.Wait).Select(c => Wait(c, story, columns)),
            .. graph.SelfWaits.Select(i => SelfWait(i, story, graph.Cards[story.Waits[i].From], columns)),
        ];

        double height = graph.Layers.SelectMany(l => l).Max(n => n.Y + n.Height) + 2 * Margin;
        return new Picture(columns.Width, height, cards, pills, lines, Describe.Title(story), Describe.Arrows(story));
    }

    /// <summary>Left edge and width of each layer.</summary>
    private sealed record Columns(double[] X, double[] W, double Width)
    {
        public static Columns Of(LayerGraph graph, Story story)
        {
            int count = graph.Layers.Length;
            var x = new double[count];
            var w = new double[count];
            double at = Margin, right = Margin;
            for (int i = 0; i < count; i++)
            {
                w[i] = graph.Layers[i].Select(n => n.Kind == NodeKind.Card ? CardSize.Width(story.Processes[n.Index], n.WidestRow) : n.Width).DefaultIfEmpty(0).Max();
                x[i] = at;
                if (w[i] == 0)
                    continue;
                right = at + w[i];
                double steepest = graph.Layers[i].SelectMany(n => n.Rights)
                    .Select(s => Math.Abs(s.Left.Y + s.LeftAt - s.Right.Y - s.RightAt)).DefaultIfEmpty(0).Max();
                at = right + Math.Clamp(MinGap + steepest / 8, MinGap, MaxGap);
            }
            return new Columns(x, w, right + Margin);
        }

        public double LeftEdge(Node n) => X[n.Layer];
        public double RightEdge(Node n) => X[n.Layer] + W[n.Layer];
        public double Left(Node n) => n.Kind == NodeKind.Pill ? X[n.Layer] + (W[n.Layer] - n.Width) / 2 : X[n.Layer];
        public double Right(Node n) => n.Kind == NodeKind.Pill ? Left(n) + n.Width : X[n.Layer] + W[n.Layer];
    }

    private static CardShape Card(Node node, Story story, Columns columns)
    {
        var box = new Box(columns.Left(node), Margin + node.Y + node.Top, columns.Right(node) - columns.Left(node), node.Height - node.Top);
        ImmutableArray<PortShape> ports = [.. node.Ports.Select(p =>
        {
            StoryPort port = story.Ports[p.Index];
            SharedResource resource = story.Resources[port.Resource].Shared;
            double y = Margin + node.Y + (p.OnRight ? p.Segment.LeftAt : p.Segment.RightAt);
            return new PortShape(p.Index, p.OnRight ? box.Right : box.X, y, p.OnRight, port.Label, p.LabelWidth, resource.Hue, resource.Letter, port.Culprit);
        })];
        return CardSize.Card(box, node.Index, story.Processes[node.Index], [], ports);
    }

    private static PillShape Pill(Node node, Story story, Columns columns)
    {
        StoryResource resource = story.Resources[node.Index];
        string name = TextWidth.Fit(resource.Shared.Name, node.Width - 50, CardSize.MonoSize, mono: true);
        return new PillShape(new Box(columns.Left(node), Margin + node.Y, node.Width, node.Height), node.Index, resource, name);
    }

    /// <summary>Within a column every line is level, from one edge of it to the other: a pill may be narrower than its neighbours.</summary>
    private static ImmutableArray<Point> Points(Chain chain, Columns columns)
    {
        var points = ImmutableArray.CreateBuilder<Point>();
        foreach (Segment s in chain.Segments)
        {
            double leftY = Margin + s.Left.Y + s.LeftAt, rightY = Margin + s.Right.Y + s.RightAt;
            if (s.Left.Kind == NodeKind.Pill)
                points.Add(new Point(columns.Right(s.Left), leftY));
            points.Add(new Point(columns.RightEdge(s.Left), leftY));
            points.Add(new Point(columns.LeftEdge(s.Right), rightY));
            if (s.Right.Kind == NodeKind.Pill)
                points.Add(new Point(columns.Left(s.Right), rightY));
        }
        return points.ToImmutable();
    }

    private static LineShape Data(Chain chain, Story story, Columns columns)
    {
        StoryPort port = story.Ports[chain.Subject];
        StoryResource resource = story.Resources[port.Resource];
        ImmutableArray<Point> points = Points(chain, columns);
        bool cardOnLeft = chain.Segments[0].Left.Kind == NodeKind.Card;
        bool towardsRight = cardOnLeft ? port.Writes : port.Reads;
        bool towardsLeft = cardOnLeft ? port.Reads : port.Writes;
        var heads = ImmutableArray.CreateBuilder<ArrowHead>();
        if (towardsRight)
            heads.Add(new ArrowHead(points[^1], 1));
        if (towardsLeft)
            heads.Add(new ArrowHead(points[0], -1));
        return new LineShape(LineKind.Data, chain.Subject, points, false, resource.Shared.Hue, resource.EndMissing, heads.ToImmutable(), null);
    }

    private static LineShape Wait(Chain chain, Story story, Columns columns)
    {
        StoryWait wait = story.Waits[chain.Subject];
        ImmutableArray<Point> points = Points(chain, columns);
        ArrowHead head = chain.Backwards ? new ArrowHead(points[0], -1) : new ArrowHead(points[^1], 1);
        Node? labelled = chain.Segments.Select(s => s.Right).FirstOrDefault(n => n.Label is not null);
        LabelShape? label = null;
        if (labelled is not null)
        {
            double center = columns.X[labelled.Layer] + columns.W[labelled.Layer] / 2;
            label = new LabelShape(new Box(center - labelled.Width / 2, Margin + labelled.Y, labelled.Width, LayerGraph.LabelHeight), wait.Label);
        }
        return new LineShape(LineKind.Wait, chain.Subject, points, false, -1, wait.Basis != Shared.Findings.EdgeBasis.Proven, [head], label);
    }

    /// <summary>A loop on top of the card, the label right of it.</summary>
    private static LineShape SelfWait(int index, Story story, Node card, Columns columns)
    {
        StoryWait wait = story.Waits[index];
        double x = columns.Left(card) + 14, top = Margin + card.Y + 8, bottom = Margin + card.Y + card.Top;
        double room = columns.Right(card) - x - 40;
        string text = TextWidth.Fit("waits for itself", room, LayerGraph.LabelSize);
        var label = new LabelShape(new Box(x + 36, top - 6, TextWidth.Of(text, LayerGraph.LabelSize), LayerGraph.LabelHeight), text);
        return new LineShape(
            LineKind.Wait, index, [new(x, bottom), new(x, top), new(x + 26, top), new(x + 26, bottom)], true, -1,
            wait.Basis != Shared.Findings.EdgeBasis.Proven, [new ArrowHead(new(x + 26, bottom), 0)], label);
    }
}
