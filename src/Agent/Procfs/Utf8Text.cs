using System.Buffers.Text;

namespace OrphanBoard.Agent.Procfs;

/// <summary>Walks over the lines and fields of a /proc file. Numbers that overflow or carry other characters are not numbers.</summary>
internal static class Utf8Text
{
    /// <summary>Takes the next line off <paramref name="rest"/>, without its newline. False at the end.</summary>
    internal static bool NextLine(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        line = rest;
        if (rest.IsEmpty)
            return false;
        int end = rest.IndexOf((byte)'\n');
        line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return true;
    }

    /// <summary>Takes the next field (between blanks and tabs) off <paramref name="rest"/>. False at the end.</summary>
    internal static bool NextField(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> field)
    {
        rest = rest.TrimStart(" \t\n"u8);
        int end = rest.IndexOfAny(" \t\n"u8);
        field = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[end..];
        return !field.IsEmpty;
    }

    /// <summary>Takes <c>Key:</c> off the start of a line.</summary>
    internal static bool TakeKey(ReadOnlySpan<byte> line, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        value = line.StartsWith(key) ? line[key.Length..] : default;
        return line.StartsWith(key);
    }

    internal static bool NextInt(ref ReadOnlySpan<byte> rest, out int number)
    {
        number = 0;
        return NextField(ref rest, out ReadOnlySpan<byte> field) && Utf8Parser.TryParse(field, out number, out int used) && used == field.Length;
    }

    internal static bool NextULong(ref ReadOnlySpan<byte> rest, out ulong number)
    {
        number = 0;
        return NextField(ref rest, out ReadOnlySpan<byte> field) && Utf8Parser.TryParse(field, out number, out int used) && used == field.Length;
    }

    /// <summary>Hexadecimal, with or without <c>0x</c>.</summary>
    internal static bool NextHex(ref ReadOnlySpan<byte> rest, out ulong number)
    {
        number = 0;
        if (!NextField(ref rest, out ReadOnlySpan<byte> field))
            return false;
        if (field.StartsWith("0x"u8))
            field = field[2..];
        return Utf8Parser.TryParse(field, out number, out int used, 'x') && used == field.Length;
    }
}
