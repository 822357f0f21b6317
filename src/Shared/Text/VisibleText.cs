using System.Buffers;
using System.Globalization;
using System.Text;

namespace OrphanBoard.Shared.Text;

/// <summary>
/// Names of processes, files and arguments come from whoever runs them. Before a person sees one, everything in it that would act on a terminal
/// or change the order of what is read becomes a visible escape: <c>\n</c>, <c>\x1b</c>, <c>\u202e</c>.
/// </summary>
public static class VisibleText
{
    // Control and format characters are all below U+FFFF but for the tags U+E0001..U+E007F; those and lone surrogates are found by category.
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)]);

    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Plain))
            return text;
        var shown = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length;)
        {
            bool valid = Rune.TryGetRuneAt(text, i, out Rune rune);
            if (!valid)
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
            else if (Hides(rune))
                shown.Append(Escape(rune.Value));
            else
                shown.Append(text, i, rune.Utf16SequenceLength);
            i += valid ? rune.Utf16SequenceLength : 1;
        }
        return shown.ToString();
    }

    private static bool Hides(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control
        or UnicodeCategory.Format // bidi overrides and isolates, zero-width characters
        or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;

    private static string Escape(int value) => value switch
    {
        '\n' => "\\n",
        '\t' => "\\t",
        '\r' => "\\r",
        < 0x100 => $"\\x{value:x2}",
        < 0x10000 => $"\\u{value:x4}",
        _ => $"\\U{value:x8}",
    };
}
