using System.Collections.Immutable;
using System.Globalization;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What a command line says of the descriptors that a program was given.</summary>
internal static class CommandLine
{
    /// <summary>Whether a word behind the program's name has that number in it: <c>--status-fd=4</c>, <c>/dev/fd/4</c>, <c>read l &lt;&amp;4</c>.</summary>
    public static bool Names(ImmutableArray<string> words, int fd)
    {
        string number = fd.ToString(CultureInfo.InvariantCulture);
        foreach (string word in words.AsSpan()[Math.Min(1, words.Length)..])
        {
            for (int at = word.IndexOf(number, StringComparison.Ordinal); at >= 0; at = word.IndexOf(number, at + 1, StringComparison.Ordinal))
            {
                int end = at + number.Length;
                if ((at == 0 || !char.IsAsciiDigit(word[at - 1])) && (end == word.Length || !char.IsAsciiDigit(word[end])))
                    return true;
            }
        }
        return false;
    }
}
