using System.Collections.Immutable;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>
/// The picture as a layered graph: processes in even layers, pills in odd ones, and in every layer that a line passes a bend that keeps
/// a place free for it. So no line ever meets a card, a pill or a label that is not its own.
/// </summary>
internal sealed class LayerGraph
{
    public const double PillHeight = 40;
    public const double LabelSize = 11;
    public const double LabelHeight = 16;
    private const double BendHeight = 8;
    private const double SelfLoop = 30;

    private readonly Story story;
    private readonly double pillWidth;

    public LayerGraph(Story story)
    {
        this.story = story;
        pillWidth = Math.Min(52 + story.Resources.Select(TextOf).DefaultIfEmpty(0).Max(), 190);
        int[] rank = Ranks.Of(story);
        Cards = [.. story.Processes.Select((p, i) => NewCard(i, rank[i]))];
        Pills = [.. story.Resources.Select((r, i) => NewPill(i, rank))];
        Layers = [.. Enumerable.Range(0, 2 * rank.DefaultIfEmpty(-1).Max() + 2).Select(_ => new List<Node>())];
        foreach (Node node in Cards.Concat(Pills))
            Layers[node.Layer].Add(node);

        for (int i = 0; i < story.Waits.Length; i++)
            AddWait(i);
        for (int i = 0; i < story.Ports.Length; i++)
            AddPort(i);
        foreach (Node card in Cards)
            card.PlacePorts();
    }

    public ImmutableArray<List<Node>> Layers { get; }
    public ImmutableArray<Node> Cards { get; }
    public ImmutableArray<Node> Pills { get; }
    public List<Chain> Chains { get; } = [];
    public List<int> SelfWaits { get; } = [];

    private Node NewCard(int index, int rank)
    {
        bool loops = story.Waits.Any(w => w.From == index && w.To == index);
        return new Node(NodeKind.Card, index, 2 * rank) { Top = loops ? SelfLoop : 0, FoldedRow = story.Processes[index].FoldedPorts > 0 };
    }

    private Node NewPill(int index, int[] rank)
    {
        int first = story.Ports.Where(p => p.Resource == index).Min(p => rank[p.Process]);
        return new Node(NodeKind.Pill, index, 2 * first + 1) { Width = pillWidth, Height = PillHeight };
    }

    private static double TextOf(StoryResource resource) =>
        Math.Max(TextWidth.Of(resource.Shared.Name, CardSize.MonoSize, mono: true), TextWidth.Of(resource.Note, 10));

    private void AddWait(int index)
    {
        StoryWait wait = story.Waits[index];
        if (wait.From == wait.To)
        {
            SelfWaits.Add(index);
            return;
        }
        Node from = Cards[wait.From], to = Cards[wait.To];
        bool backwards = from.Layer > to.Layer;
        Chain chain = Connect(ChainKind.Wait, index, backwards ? to : from, backwards ? from : to, wait.Label);
        chain.Backwards = backwards;
        chain.Segments[0].Left.Anchors.Add(new Anchor(chain.Segments[0], OnRight: true));
        chain.Segments[^1].Right.Anchors.Add(new Anchor(chain.Segments[^1], OnRight: false));
    }

    private void AddPort(int index)
    {
        StoryPort port = story.Ports[index];
        Node card = Cards[port.Process], pill = Pills[port.Resource];
        bool cardLeft = card.Layer < pill.Layer;
        Chain chain = Connect(ChainKind.Data, index, cardLeft ? card : pill, cardLeft ? pill : card, null);
        card.Ports.Add(new Port(index, cardLeft ? chain.Segments[0] : chain.Segments[^1], cardLeft, CardSize.PortLabel(port)));
        Segment atPill = cardLeft ? chain.Segments[^1] : chain.Segments[0];
        if (cardLeft)
            atPill.RightAt = PillHeight / 2;
        else
            atPill.LeftAt = PillHeight / 2;
    }

    private Chain Connect(ChainKind kind, int subject, Node left, Node right, string? label)
    {
        var chain = new Chain(kind, subject);
        Chains.Add(chain);
        Node at = left;
        for (int layer = left.Layer + 1; layer < right.Layer; layer++)
        {
            bool labelled = label is not null && layer == left.Layer + 1;
            var bend = new Node(NodeKind.Bend, Chains.Count - 1, layer)
            {
                Width = labelled ? TextWidth.Of(label!, LabelSize) + 4 : 0,
                Height = labelled ? LabelHeight + BendHeight : BendHeight,
            };
            bend.LineAt = labelled ? LabelHeight + BendHeight / 2 : BendHeight / 2;
            bend.Label = labelled ? label : null;
            Layers[layer].Add(bend);
            chain.Add(at, bend);
            at = bend;
        }
        chain.Add(at, right);
        return chain;
    }
}

internal enum NodeKind { Card, Pill, Bend }

internal enum ChainKind { Wait, Data }

/// <summary>A place in a layer: of a process, of a resource, or of a chain that bends there.</summary>
internal sealed class Node(NodeKind kind, int index, int layer)
{
    private const double FirstAnchor = 18;

    public NodeKind Kind => kind;
    public int Index => index;
    public int Layer => layer;

    // Measures. Top is room above a card for a loop; it counts to the height.
    public double Width { get; set; }
    public double Height { get; set; }
    public double Top { get; init; }
    public double LineAt { get; set; }
    public string? Label { get; set; }

    // Place: order in the layer, then pixels.
    public int Order { get; set; }
    public int KeptOrder { get; set; }
    public double Y { get; set; }

    // Lines that end here.
    public List<Segment> Lefts { get; } = [];
    public List<Segment> Rights { get; } = [];

    // Cards only.
    public List<Port> Ports { get; } = [];
    public List<Anchor> Anchors { get; } = [];
    public bool FoldedRow { get; init; }
    public double WidestRow { get; private set; }

    /// <summary>Sorts ports and wait anchors by where their lines go, and so decides the card's rows and size.</summary>
    public void PlacePorts()
    {
        int rows = 0;
        double widest = 0;
        foreach (bool onRight in (ReadOnlySpan<bool>)[true, false])
        {
            List<Port> side = [.. Ports.Where(p => p.OnRight == onRight).OrderBy(p => p.Segment.OtherValue(this))];
            for (int i = 0; i < side.Count; i++)
                side[i].Segment.SetAt(this, Top + CardSize.Header + (i + 0.5) * CardSize.Row - 2);
            rows = Math.Max(rows, side.Count);
            widest += side.Count == 0 ? 0 : side.Max(p => p.LabelWidth) + 12;

            List<Anchor> waits = [.. Anchors.Where(a => a.OnRight == onRight).OrderBy(a => a.Segment.OtherValue(this))];
            double step = Math.Min(16, 40.0 / Math.Max(1, waits.Count));
            for (int i = 0; i < waits.Count; i++)
                waits[i].Segment.SetAt(this, Top + FirstAnchor + i * step);
        }
        Height = Top + CardSize.Height(rows + (FoldedRow ? 1 : 0));
        WidestRow = widest;
    }
}

internal sealed record Port(int Index, Segment Segment, bool OnRight, double LabelWidth);

internal sealed record Anchor(Segment Segment, bool OnRight);

/// <summary>A line between two neighbouring layers.</summary>
internal sealed class Segment(Node left, Node right, ChainKind kind)
{
    public Node Left => left;
    public Node Right => right;
    public ChainKind Kind => kind;

    /// <summary>Where it meets the node, below the node's top.</summary>
    public double LeftAt { get; set; } = left.LineAt;
    public double RightAt { get; set; } = right.LineAt;

    public void SetAt(Node end, double at)
    {
        if (end == left)
            LeftAt = at;
        else
            RightAt = at;
    }

    /// <summary>Position within the layer of the end that is not <paramref name="end"/>: its node's order, and how far down the node.</summary>
    public double OtherValue(Node end) => end == left ? right.Order + Fraction(RightAt, right) : left.Order + Fraction(LeftAt, left);

    public double LeftValue => left.Order + Fraction(LeftAt, left);
    public double RightValue => right.Order + Fraction(RightAt, right);

    private static double Fraction(double at, Node node) => node.Height <= 0 ? 0.5 : Math.Clamp(at / node.Height, 0, 1) * 0.9;
}

internal sealed class Chain(ChainKind kind, int subject)
{
    public ChainKind Kind => kind;

    /// <summary>Index of the wait or port.</summary>
    public int Subject => subject;
    public bool Backwards { get; set; }
    public List<Segment> Segments { get; } = [];

    public void Add(Node left, Node right)
    {
        var segment = new Segment(left, right, kind);
        Segments.Add(segment);
        left.Rights.Add(segment);
        right.Lefts.Add(segment);
    }
}
