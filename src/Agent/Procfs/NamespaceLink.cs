using System.Globalization;

namespace OrphanBoard.Agent.Procfs;

/// <summary>A link of /proc/PID/ns, namespaces(7).</summary>
internal static class NamespaceLink
{
    // net:[4026531833]
    /// <summary>The inode number; null where the text has another form.</summary>
    internal static ulong? Parse(ReadOnlySpan<byte> text)
    {
        int open = text.IndexOf(":["u8);
        return open > 0 && text[^1] == ']' && ulong.TryParse(text[(open + 2)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode) ? inode : null;
    }
}
