using System.Collections.Immutable;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>A picture with every place decided. Pixels at scale 1, origin at the top left.</summary>
/// <param name="Title">For people who do not see it: what it is.</param>
/// <param name="Description">The same, arrow by arrow.</param>
public sealed record Picture(
    double Width,
    double Height,
    ImmutableArray<CardShape> Cards,
    ImmutableArray<PillShape> Pills,
    ImmutableArray<LineShape> Lines,
    string Title,
    string Description);

public readonly record struct Box(double X, double Y, double Width, double Height)
{
    public double Right => X + Width;
    public double Bottom => Y + Height;
    public double CenterX => X + Width / 2;
    public double CenterY => Y + Height / 2;

    public bool Overlaps(Box other) => X < other.Right && other.X < Right && Y < other.Bottom && other.Y < Bottom;

    public bool Contains(Box other) => other.X >= X && other.Y >= Y && other.Right <= Right && other.Bottom <= Bottom;
}

/// <summary>A process.</summary>
/// <param name="Index">Index in <see cref="Story.Processes"/>.</param>
/// <param name="Name">comm as it fits.</param>
/// <param name="Chip">wchan or wait as it fits, or null.</param>
/// <param name="Lines">What it waits for, in words, where the drawing writes that into the card.</param>
public sealed record CardShape(
    Box Box, int Index, StoryProcess Process, string Name, ChipShape? Chip, ImmutableArray<string> Lines, ImmutableArray<PortShape> Ports);

public sealed record ChipShape(string Text, double Width);

/// <summary>The place on a card's edge where an fd's line begins, and its label inside of the card.</summary>
/// <param name="Port">Index in <see cref="Story.Ports"/>.</param>
public sealed record PortShape(int Port, double X, double Y, bool OnRight, string Label, double LabelWidth, int Hue, string Letter, bool Culprit);

/// <summary>A pipe or another shared object.</summary>
/// <param name="Resource">Index in <see cref="Story.Resources"/>.</param>
/// <param name="Name">Inode as it fits.</param>
public sealed record PillShape(Box Box, int Resource, StoryResource Content, string Name);

public enum LineKind { Data, Wait }

/// <summary>An arrow.</summary>
/// <param name="Subject">Index in <see cref="Story.Ports"/> for data, in <see cref="Story.Waits"/> for a wait.</param>
/// <param name="Points">Joined by curves with level ends, or by straight lines where <paramref name="Square"/>.</param>
/// <param name="Hue">Colour class of the object for data; -1 for a wait.</param>
/// <param name="Dashed">Assumed, kinship, or an end that nobody was seen to have.</param>
public sealed record LineShape(
    LineKind Kind, int Subject, ImmutableArray<Point> Points, bool Square, int Hue, bool Dashed,
    ImmutableArray<ArrowHead> Heads, LabelShape? Label);

public readonly record struct Point(double X, double Y);

/// <param name="Direction">1: points to the right, -1: to the left.</param>
public readonly record struct ArrowHead(Point Tip, int Direction);

public sealed record LabelShape(Box Box, string Text);
