using System.Text;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Strings of /proc that come again and again: wait channels, names, paths. Each is made once, so that reading what has not changed allocates
/// nothing. Bounded: past <see cref="Most"/> strings it begins anew.
/// </summary>
internal sealed class TextPool
{
    private const int Most = 8192, LongestPooled = 256;

    private readonly HashSet<string> _texts = [];
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    internal TextPool() => _lookup = _texts.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="before">What it was; given back where it still is.</param>
    internal string Get(ReadOnlySpan<byte> utf8, string? before = null)
    {
        if (before is not null && Ascii.Equals(utf8, before))
            return before;
        if (utf8.Length > LongestPooled)
            return Encoding.UTF8.GetString(utf8);
        Span<char> characters = stackalloc char[LongestPooled];
        characters = characters[..Encoding.UTF8.GetChars(utf8, characters)];
        if (_lookup.TryGetValue(characters, out string? text))
            return text;
        if (_texts.Count >= Most)
            _texts.Clear();
        text = characters.ToString();
        _texts.Add(text);
        return text;
    }

    internal string Get(string text)
    {
        if (_texts.TryGetValue(text, out string? known))
            return known;
        if (_texts.Count >= Most)
            _texts.Clear();
        _texts.Add(text);
        return text;
    }
}
