using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>Numbers and paths as SVG writes them, whatever the culture.</summary>
public static class Svg
{
    private const double Corner = 6;
    private const double Straight = 0.75;

    /// <returns>At most one decimal.</returns>
    public static string N(double number) => Math.Round(number, 1).ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>The path of a line: curves with level ends between its points, or straight lines with rounded corners.</summary>
    public static string Path(LineShape line) => line.Square ? Rounded(line.Points) : Curves(line.Points);

    /// <summary>A card's top edge with its round corners, for the bar that marks it.</summary>
    public static string TopBar(Box box) =>
        $"M{N(box.X)} {N(box.Y + 7)}v-1a6 6 0 0 1 6 -6h{N(box.Width - 12)}a6 6 0 0 1 6 6v1";

    /// <summary>A triangle; direction 0 points down.</summary>
    public static string Head(ArrowHead head, double size)
    {
        (double x, double y) = head.Tip;
        double half = size * 0.55;
        return head.Direction == 0
            ? $"M{N(x)} {N(y)}l{N(-half)} {N(-size)}h{N(2 * half)}z"
            : $"M{N(x)} {N(y)}l{N(-head.Direction * size)} {N(-half)}v{N(2 * half)}z";
    }

    private static string Curves(ImmutableArray<Point> points)
    {
        var path = new StringBuilder($"M{N(points[0].X)} {N(points[0].Y)}");
        for (int i = 1; i < points.Length; i++)
        {
            (Point a, Point b) = (points[i - 1], points[i]);
            double middle = (a.X + b.X) / 2;
            path.Append(Math.Abs(a.Y - b.Y) < Straight
                ? $"L{N(b.X)} {N(b.Y)}"
                : $"C{N(middle)} {N(a.Y)} {N(middle)} {N(b.Y)} {N(b.X)} {N(b.Y)}");
        }
        return path.ToString();
    }

    private static string Rounded(ImmutableArray<Point> points)
    {
        var path = new StringBuilder($"M{N(points[0].X)} {N(points[0].Y)}");
        for (int i = 1; i < points.Length - 1; i++)
        {
            (Point a, Point at, Point b) = (points[i - 1], points[i], points[i + 1]);
            Point enter = Towards(at, a), leave = Towards(at, b);
            path.Append($"L{N(enter.X)} {N(enter.Y)}Q{N(at.X)} {N(at.Y)} {N(leave.X)} {N(leave.Y)}");
        }
        return path.Append($"L{N(points[^1].X)} {N(points[^1].Y)}").ToString();
    }

    private static Point Towards(Point from, Point to)
    {
        double length = Math.Abs(to.X - from.X) + Math.Abs(to.Y - from.Y);
        double step = length == 0 ? 0 : Math.Min(Corner, length / 2) / length;
        return new Point(from.X + (to.X - from.X) * step, from.Y + (to.Y - from.Y) * step);
    }
}
