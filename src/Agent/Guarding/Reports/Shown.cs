using System.Globalization;
using System.Text;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>Text of strangers in a report: what may be shown of it, and how many columns that takes.</summary>
internal static class Shown
{
    /// <summary>
    /// With <see cref="VisibleText"/>. Where the locale has no Unicode, all but ASCII is escaped as well. <c>##[</c> is broken up: a CI runner takes it for a
    /// command wherever it stands in a line. (What begins a line with <c>::</c> is one too: no line begins with a name, but where <see cref="Wrap"/> breaks it.)
    /// </summary>
    public static string Of(string text, TextStyle style)
    {
        string shown = VisibleText.Of(text).Replace("##[", @"#\x23[", StringComparison.Ordinal);
        if (style.Unicode || Ascii.IsValid(shown))
            return shown;
        var escaped = new StringBuilder(shown.Length + 16);
        foreach (Rune rune in shown.EnumerateRunes())
            escaped.Append(rune.IsAscii ? rune.ToString() : rune.IsBmp ? $"\\u{rune.Value:x4}" : $"\\U{rune.Value:x8}");
        return escaped.ToString();
    }

    /// <summary>Columns that a terminal gives it.</summary>
    public static int Columns(string text)
    {
        if (Ascii.IsValid(text))
            return text.Length;
        int columns = 0;
        foreach (Rune rune in text.EnumerateRunes())
            columns += Columns(rune);
        return columns;
    }

    /// <summary>Cut to so many columns, with an ellipsis where something is missing.</summary>
    public static string Fit(string text, int columns, TextStyle style)
    {
        if (Columns(text) <= columns)
            return text;
        string ellipsis = style.Unicode ? "…" : "...";
        int room = Math.Max(0, columns - ellipsis.Length), length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            room -= Columns(rune);
            if (room < 0)
                break;
            length += rune.Utf16SequenceLength;
        }
        return text[..length] + ellipsis;
    }

    /// <summary>Breaks at blanks; a word that is wider than a line keeps a line of its own, so that a path can be copied. No line begins with <c>::</c>.</summary>
    /// <param name="first">What the first line begins with; the others are indented by as much.</param>
    public static IEnumerable<string> Wrap(string first, string text, int columns)
    {
        var line = new StringBuilder(first);
        int indent = Columns(first), width = indent;
        bool empty = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int wide = Columns(word);
            bool breaks = !empty && width + 1 + wide > columns;
            if (breaks)
            {
                yield return line.ToString();
                line.Clear().Append(' ', indent);
                (width, empty) = (indent, true);
            }
            if (!empty)
                line.Append(' ');
            line.Append(breaks && word.StartsWith("::", StringComparison.Ordinal) ? $@"\x3a{word[1..]}" : word);
            width += wide + (empty ? 0 : 1);
            empty = false;
        }
        yield return line.ToString();
    }

    /// <summary>A command as it could be typed, cut to so many columns.</summary>
    public static string Command(IEnumerable<string> arguments, TextStyle style, int columns) =>
        Fit(Of(string.Join(' ', arguments.Select(Quoted)), style), columns, style);

    public static string Count(int number, string one, string many) =>
        number == 1 ? $"1 {one}" : $"{number.ToString("N0", CultureInfo.InvariantCulture)} {many}";

    private static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsLetterOrDigit(c) || "_@%+=:,./-[]".Contains(c, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static int Columns(Rune rune) => rune.Value switch
    {
        < 0x300 => 1,
        _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark => 0,
        // East Asian Width W and F of Unicode's EastAsianWidth.txt, block by block.
        >= 0x1100 and <= 0x115f or >= 0x2e80 and <= 0x303e or >= 0x3041 and <= 0xa4cf or >= 0xac00 and <= 0xd7a3 or >= 0xf900 and <= 0xfaff
            or >= 0xfe30 and <= 0xfe6f or >= 0xff00 and <= 0xff60 or >= 0xffe0 and <= 0xffe6 or >= 0x1f300 and <= 0x1f64f or >= 0x1f680 and <= 0x1f6ff
            or >= 0x1f900 and <= 0x1faff or >= 0x20000 and <= 0x3fffd => 2,
        _ => 1,
    };
}
