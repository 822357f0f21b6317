using System.Globalization;
using Microsoft.AspNetCore.Components;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>Draws a <see cref="Drawing.Picture"/>.</summary>
public sealed partial class PictureView
{
    /// <summary>A picture that does not fit is shrunk to this and no more, so that its text stays readable.</summary>
    private const double SmallestScale = 0.74;

    /// <summary>In less, in pixels, it would have to scroll.</summary>
    public static double LeastWidth(Picture picture) => picture.Width * SmallestScale;

    [Parameter, EditorRequired] public Picture Picture { get; set; } = default!;

    /// <summary>Unique on the page: title and description are tied to the picture by it.</summary>
    [Parameter, EditorRequired] public string Id { get; set; } = default!;

    /// <summary>Ports carry the letter themselves, because there are no pills that would.</summary>
    [Parameter] public bool Lettered { get; set; }

    [Parameter] public string Class { get; set; } = "";

    private double LabelX(PortShape port) => port.OnRight
        ? port.X - port.LabelWidth + 4 - (Lettered ? 14 : 8)
        : port.X + 12;

    private static string LineClass(LineShape line) => (line.Kind, line.Dashed) switch
    {
        (LineKind.Wait, false) => "wait",
        (LineKind.Wait, true) => "wait dashed",
        (_, false) => $"data hue-{line.Hue}",
        _ => $"data dashed hue-{line.Hue}",
    };

    private static string CardClass(CardShape card) =>
        $"card {(card.Process.Presence == Presence.Collected ? "" : "ghost")} {(card.Process.Stuck ? "stuck" : "")} {(card.Process.Culprit ? "culprit" : "")}";

    private static double SquaresWidth(CardShape card) => Math.Min(card.Process.Threads.Length, CardSize.MaxSquares) * 8.5 + 3;

    private static string ThreadsText(StoryProcess process) =>
        string.Create(CultureInfo.InvariantCulture, $"{process.Threads.Length} {(process.Threads.Length == 1 ? "thread" : "threads")}");

    private static string PillTitle(PillShape pill) => pill.Content.EndMissing
        ? $"{pill.Content.Shared.Target}: {pill.Content.Note} among the processes of this finding. Others were not collected."
        : $"{pill.Content.Shared.Target}: {pill.Content.Note}";
}
