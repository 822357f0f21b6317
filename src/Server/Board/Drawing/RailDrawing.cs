using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>
/// The narrow drawing, for phones and for two side by side: processes from top to bottom, waits on rails at the left, one rail for each
/// shared object at the right, like a git graph. Each port is a dot with the object's letter; what it waits for stands inside the card.
/// </summary>
public static class RailDrawing
{
    private const double Margin = 8;
    private const double CardGap = 16;
    private const double WaitLane = 10;
    private const double DataLane = 13;
    private const double Lead = 16;
    private const double Stub = 14;

    public static Picture Create(Story story)
    {
        if (story.Processes.IsEmpty)
            return new Picture(0, 0, [], [], [], "", "");

        ImmutableArray<StoryPort>[] ports = [.. story.Processes.Select((_, i) => story.Ports.Where(p => p.Process == i).OrderBy(p => p.Fds[0]).ToImmutableArray())];
        ImmutableArray<string>[] words = [.. story.Processes.Select((_, i) => Words(story, i))];
        double width = story.Processes.Select((p, i) => CardSize.Width(p, WidestRow(ports[i], words[i]))).Max();

        // Heights first: lanes need to know which rows each rail spans.
        var boxes = new Box[story.Processes.Length];
        double y = Margin;
        for (int i = 0; i < boxes.Length; i++)
        {
            double height = CardSize.Height(words[i].Length + ports[i].Length + (story.Processes[i].FoldedPorts > 0 ? 1 : 0));
            boxes[i] = new Box(0, y, width, height);
            y += height + CardGap;
        }
        double bottom = y - CardGap + Margin;

        WaitRail[] waits = [.. WaitRails(story, boxes)];
        int[] waitLanes = Lanes([.. waits.Select(w => (w.Top, w.Bottom))]);
        double left = Margin + (waits.Length == 0 ? 0 : Lead + (waitLanes.Max() + 1) * WaitLane);
        for (int i = 0; i < boxes.Length; i++)
            boxes[i] = boxes[i] with { X = left };

        double PortY(int process, int row) => boxes[process].Y + CardSize.Header + (words[process].Length + row + 0.5) * CardSize.Row - 2;
        var portY = new Dictionary<StoryPort, double>(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < boxes.Length; i++)
        {
            for (int row = 0; row < ports[i].Length; row++)
                portY[ports[i][row]] = PortY(i, row);
        }

        ImmutableArray<LineShape> data = DataLines(story, portY, left + width, out double right);
        return new Picture(
            right + Margin,
            bottom,
            [.. boxes.Select((box, i) => CardSize.Card(box, i, story.Processes[i], words[i], [.. ports[i].Select(p => Port(story, p, box, portY[p]))]))],
            [],
            [.. data, .. waits.Select((w, i) => WaitLine(story, w, left, left - Lead - waitLanes[i] * WaitLane))],
            Describe.Title(story),
            Describe.Arrows(story));
    }

    /// <summary>One line per distinct thing it waits for: <c>waits for exit: ui_tests</c>.</summary>
    private static ImmutableArray<string> Words(Story story, int process)
    {
        const int most = 4;
        string[] all = [.. story.Waits.Where(w => w.From == process).Select(w => $"{w.Label}: {(w.To == process ? "itself" : VisibleText.Of(story.Processes[w.To].Name))}")];
        IEnumerable<string> told = all.Length <= most ? all : [.. all.Take(most - 1), $"and {all.Length - most + 1} more"];
        return [.. told.Select(t => TextWidth.Fit(t, CardSize.MaxWidth - 2 * CardSize.Side, CardSize.WordSize))];
    }

    private static double WidestRow(ImmutableArray<StoryPort> ports, ImmutableArray<string> words) =>
        Math.Max(
            ports.Select(p => CardSize.PortLabel(p) + 20).DefaultIfEmpty(0).Max(),
            words.Select(w => TextWidth.Of(w, CardSize.WordSize)).DefaultIfEmpty(0).Max());

    private static PortShape Port(Story story, StoryPort port, Box box, double y)
    {
        SharedResource resource = story.Resources[port.Resource].Shared;
        return new PortShape(story.Ports.IndexOf(port), box.Right, y, true, port.Label, CardSize.PortLabel(port), resource.Hue, resource.Letter, port.Culprit);
    }

    private sealed record WaitRail(int Wait, double FromY, double ToY)
    {
        public double Top => Math.Min(FromY, ToY);
        public double Bottom => Math.Max(FromY, ToY);
    }

    /// <summary>Lines leave a card above the middle of its header and arrive below it, each at a height of its own.</summary>
    private static IEnumerable<WaitRail> WaitRails(Story story, Box[] boxes)
    {
        var leaving = story.Waits.CountBy(w => w.From).ToDictionary();
        var arriving = story.Waits.CountBy(w => w.To).ToDictionary();
        var left = new Dictionary<int, int>();
        var arrived = new Dictionary<int, int>();
        for (int i = 0; i < story.Waits.Length; i++)
        {
            StoryWait wait = story.Waits[i];
            int from = left[wait.From] = left.GetValueOrDefault(wait.From) + 1;
            int to = arrived[wait.To] = arrived.GetValueOrDefault(wait.To) + 1;
            yield return new WaitRail(
                i,
                boxes[wait.From].Y + 36 + 26.0 * (from - 0.5) / leaving[wait.From],
                boxes[wait.To].Y + 6 + 26.0 * (to - 0.5) / arriving[wait.To]);
        }
    }

    /// <summary>Interval colouring: a lane for each span so that no two spans of a lane touch; short spans come nearest to the cards.</summary>
    private static int[] Lanes(ImmutableArray<(double Top, double Bottom)> spans)
    {
        var lane = new int[spans.Length];
        var taken = new List<List<(double Top, double Bottom)>>();
        foreach (int i in Enumerable.Range(0, spans.Length).OrderBy(i => spans[i].Bottom - spans[i].Top).ThenBy(i => i))
        {
            int free = taken.FindIndex(l => l.TrueForAll(s => s.Bottom + 2 < spans[i].Top || spans[i].Bottom + 2 < s.Top));
            if (free < 0)
            {
                taken.Add([]);
                free = taken.Count - 1;
            }
            taken[free].Add(spans[i]);
            lane[i] = free;
        }
        return lane;
    }

    private static LineShape WaitLine(Story story, WaitRail rail, double cardLeft, double laneX)
    {
        var tip = new Point(cardLeft, rail.ToY);
        return new LineShape(
            LineKind.Wait, rail.Wait, [new(cardLeft, rail.FromY), new(laneX, rail.FromY), new(laneX, rail.ToY), tip], true, -1,
            story.Waits[rail.Wait].Basis != EdgeBasis.Proven, [new ArrowHead(tip, 1)], null);
    }

    private static ImmutableArray<LineShape> DataLines(Story story, Dictionary<StoryPort, double> portY, double cardRight, out double right)
    {
        var byResource = story.Ports.GroupBy(p => p.Resource).OrderBy(g => g.Key).ToArray();
        var railed = byResource.Where(g => g.Count() > 1).ToArray();
        int[] lanes = Lanes([.. railed.Select(g => (g.Min(p => portY[p]), g.Max(p => portY[p])))]);
        double first = cardRight + 9 + Lead;
        right = railed.Length == 0 ? first + Stub : first + lanes.Max() * DataLane + 4;
        right = Math.Max(right, cardRight + 9 + Lead + Stub);

        var lines = ImmutableArray.CreateBuilder<LineShape>();
        foreach (var group in byResource)
        {
            StoryResource resource = story.Resources[group.Key];
            int railIndex = Array.IndexOf(railed, group);
            double x = railIndex < 0 ? first - 2 : first + lanes[railIndex] * DataLane;
            double middle = group.Average(p => portY[p]);
            foreach (StoryPort port in group)
            {
                double y = portY[port];
                // Each port's line runs along its rail to the rail's middle, so that together they are the whole rail.
                ImmutableArray<Point> points = railIndex < 0
                    ? [new(cardRight, y), new(x, y)]
                    : [new(cardRight, y), new(x, y), new(x, middle)];
                var heads = ImmutableArray.CreateBuilder<ArrowHead>();
                if (port.Writes)
                    heads.Add(new ArrowHead(new Point(x, y), 1));
                if (port.Reads)
                    heads.Add(new ArrowHead(new Point(cardRight + 9, y), -1));
                lines.Add(new LineShape(LineKind.Data, story.Ports.IndexOf(port), points, true, resource.Shared.Hue, resource.EndMissing, heads.ToImmutable(), null));
            }
        }
        return lines.ToImmutable();
    }
}
