using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace OrphanBoard.Server.History;

/// <summary>Where a page ended: time and key of its last row, opaque to callers.</summary>
internal static class Cursor
{
    /// <returns>Null for no cursor.</returns>
    /// <exception cref="FormatException">Not a cursor.</exception>
    public static (long Ms, string Key)? Parse(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor))
            return null;
        byte[] bytes = new byte[cursor.Length];
        if (Base64Url.IsValid(cursor)
            && Base64Url.TryDecodeFromChars(cursor, bytes, out int length)
            && Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [var ms, var key]
            && long.TryParse(ms, NumberStyles.None, CultureInfo.InvariantCulture, out long time))
            return (time, key);
        throw new FormatException("cursor is not one that an earlier page gave in 'next'");
    }

    /// <param name="rows">One more than <paramref name="limit"/> where there is a next page.</param>
    public static Page<TItem> Page<TRow, TItem>(List<TRow> rows, int limit, Func<TRow, TItem> item, Func<TRow, (long Ms, string Key)> key)
    {
        string? next = rows.Count > limit ? Format(key(rows[limit - 1])) : null;
        return new Page<TItem>([.. rows.Take(limit).Select(item)], next);
    }

    private static string Format((long Ms, string Key) at) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{at.Ms}:{at.Key}"));
}
