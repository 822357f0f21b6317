using OrphanBoard.Shared.Text;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>
/// How wide text will be, without a browser: advance widths of Inter at weight 600, which no other weight in use exceeds, and
/// JetBrains Mono's one width. What is not ASCII counts as a full em.
/// </summary>
public static class TextWidth
{
    private const double MonoEm = 0.6;

    /// <summary>Advance widths of U+0020 to U+007E in thousandths of an em.</summary>
    private static ReadOnlySpan<short> Inter =>
    [
        252, 321, 523, 644, 650, 1004, 663, 326, 373, 373, 540, 673, 319, 465, 319, 379, 660, 423, 623, 636, 666, 612, 640, 576, 640, 640, 319, 329, 673, 673, 673, 543,
        999, 728, 659, 737, 722, 605, 588, 749, 746, 277, 580, 703, 565, 922, 759, 769, 645, 773, 652, 650, 660, 736, 728, 1020, 720, 713, 652, 373, 379, 373, 481, 469,
        351, 574, 624, 583, 624, 591, 389, 625, 612, 262, 262, 569, 262, 900, 612, 609, 624, 624, 397, 549, 353, 612, 587, 839, 569, 588, 566, 455, 359, 455, 673,
    ];

    /// <param name="text">Text as it will be shown.</param>
    /// <param name="size">Font size, pixels.</param>
    /// <returns>Pixels.</returns>
    public static double Of(string text, double size, bool mono = false)
    {
        double em = 0;
        foreach (char c in text)
            em += c is < ' ' or > '~' ? 1 : mono ? MonoEm : Inter[c - ' '] / 1000.0;
        return em * size;
    }

    /// <summary>The visible form of <paramref name="text"/>, cut with an ellipsis where it is wider than <paramref name="width"/> pixels.</summary>
    public static string Fit(string text, double width, double size, bool mono = false)
    {
        string shown = VisibleText.Of(text);
        if (Of(shown, size, mono) <= width)
            return shown;

        int length = shown.Length;
        while (length > 0 && Of(shown[..length], size, mono) + size > width)
            length--;
        if (length > 0 && char.IsHighSurrogate(shown[length - 1]))
            length--;
        return shown[..length] + "…";
    }
}
