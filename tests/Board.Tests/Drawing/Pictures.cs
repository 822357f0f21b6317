using OrphanBoard.Server.Board.Drawing;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Board.Tests.Drawing;

/// <summary>What must hold of every picture.</summary>
internal static class Pictures
{
    public static Story StoryOf(Finding finding) => Story.Of(finding, SharedResources.Of(finding));

    public static void AssertNothingOverlaps(Picture picture)
    {
        Box[] solids = [.. picture.Cards.Select(c => c.Box), .. picture.Pills.Select(p => p.Box), .. picture.Lines.Where(l => l.Label is not null).Select(l => l.Label!.Box)];
        for (int i = 0; i < solids.Length; i++)
        {
            for (int j = i + 1; j < solids.Length; j++)
            {
                if (solids[i].Overlaps(solids[j]))
                    Assert.Fail($"{solids[i]} lies on {solids[j]}");
            }
        }
    }

    public static void AssertEverythingIsInside(Picture picture)
    {
        var frame = new Box(0, 0, picture.Width, picture.Height);
        Assert.All(picture.Cards, c => Assert.True(frame.Contains(c.Box)));
        Assert.All(picture.Pills, p => Assert.True(frame.Contains(p.Box)));
        Assert.All(picture.Lines.SelectMany(l => l.Points), p => Assert.True(frame.Contains(new Box(p.X, p.Y, 0, 0)), $"{p} is outside of {frame}"));
    }

    /// <summary>Each wait and each port has exactly one line.</summary>
    public static void AssertComplete(Story story, Picture picture)
    {
        Assert.Equal(Enumerable.Range(0, story.Processes.Length), picture.Cards.Select(c => c.Index).Order());
        Assert.Equal(Enumerable.Range(0, story.Waits.Length), picture.Lines.Where(l => l.Kind == LineKind.Wait).Select(l => l.Subject).Order());
        Assert.Equal(Enumerable.Range(0, story.Ports.Length), picture.Lines.Where(l => l.Kind == LineKind.Data).Select(l => l.Subject).Order());
        Assert.Equal(Enumerable.Range(0, story.Ports.Length), picture.Cards.SelectMany(c => c.Ports).Select(p => p.Port).Order());
    }

    public static void AssertTextFits(Picture picture)
    {
        foreach (CardShape card in picture.Cards)
        {
            double name = TextWidth.Of(card.Name, CardSize.NameSize) + TextWidth.Of(CardSize.Pid(card.Process), CardSize.MonoSize, mono: true);
            Assert.True(name <= card.Box.Width - 2 * CardSize.Side, $"'{card.Name}' is wider than its card");
            Assert.True((card.Chip?.Width ?? 0) <= card.Box.Width - 2 * CardSize.Side + 1, $"'{card.Chip?.Text}' is wider than its card");
            Assert.All(card.Ports, p => Assert.True(p.LabelWidth <= card.Box.Width, $"'{p.Label}' is wider than its card"));
        }
    }

    /// <summary>Points along a line as it is drawn: the curve between two points has level ends.</summary>
    public static IEnumerable<Point> Along(LineShape line)
    {
        for (int i = 1; i < line.Points.Length; i++)
        {
            (Point a, Point b) = (line.Points[i - 1], line.Points[i]);
            double middle = (a.X + b.X) / 2;
            for (double t = 0; t <= 1; t += 0.05)
            {
                double u = 1 - t, w0 = u * u * u, w1 = 3 * u * u * t, w2 = 3 * u * t * t, w3 = t * t * t;
                yield return line.Square
                    ? new Point(a.X + (b.X - a.X) * t, a.Y + (b.Y - a.Y) * t)
                    : new Point(w0 * a.X + (w1 + w2) * middle + w3 * b.X, (w0 + w1) * a.Y + (w2 + w3) * b.Y);
            }
        }
    }

    public static bool Inside(Box box, Point point, double margin) =>
        point.X > box.X + margin && point.X < box.Right - margin && point.Y > box.Y + margin && point.Y < box.Bottom - margin;
}
