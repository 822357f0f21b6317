using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>
/// Measures of a card; the component draws by the same numbers. Header, 68 high: name and pid at 20, chip from 30 to 46, threads at 58.
/// Then one row of 20 for each line of words and each pair of ports.
/// </summary>
public static class CardSize
{
    public const double Header = 68;
    public const double Row = 20;
    public const double Bottom = 8;
    public const double Side = 10;
    public const double NameSize = 13;
    public const double MonoSize = 11;
    public const double WordSize = 11;
    public const double BadgeWidth = 50;
    public const double MaxWidth = 320;
    public const int MaxSquares = 12;

    private const double MinWidth = 172;

    public static double Height(int rows) => Header + (rows == 0 ? 0 : rows * Row + Bottom);

    public static string Pid(StoryProcess process) =>
        process.Presence == Presence.Collected ? process.Pid.ToString(CultureInfo.InvariantCulture) : "";

    /// <summary>Wide enough for the name, up to <see cref="MaxWidth"/>, and for what stands side by side in its widest row.</summary>
    public static double Width(StoryProcess process, double widestRow)
    {
        double head = TextWidth.Of(VisibleText.Of(process.Name), NameSize) + 16 + TextWidth.Of(Pid(process), MonoSize, mono: true);
        double chip = process.Chip is null ? 0 : ChipWidth(VisibleText.Of(process.Chip)) + (process.Culprit ? BadgeWidth + 8 : 0);
        return Math.Clamp(Math.Max(Math.Max(head, chip), widestRow) + 2 * Side, MinWidth, MaxWidth);
    }

    public static double PortLabel(StoryPort port) => TextWidth.Of(port.Label, MonoSize, mono: true) + 8;

    public static CardShape Card(Box box, int index, StoryProcess process, ImmutableArray<string> lines, ImmutableArray<PortShape> ports)
    {
        double inner = box.Width - 2 * Side;
        string name = TextWidth.Fit(process.Name, inner - 10 - TextWidth.Of(Pid(process), MonoSize, mono: true), NameSize);
        ChipShape? chip = null;
        if (process.Chip is not null)
        {
            string text = TextWidth.Fit(process.Chip, inner - 14 - (process.Culprit ? BadgeWidth + 8 : 0), MonoSize, mono: true);
            chip = new ChipShape(text, ChipWidth(text));
        }
        return new CardShape(box, index, process, name, chip, lines, ports);
    }

    private static double ChipWidth(string text) => TextWidth.Of(text, MonoSize, mono: true) + 14;
}
