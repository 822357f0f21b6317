using System.Globalization;
using OrphanBoard.Server.History;

namespace OrphanBoard.Server.Api;

/// <summary>Reads query parameters; what cannot be read is a 400 that says what could.</summary>
internal static class ApiQuery
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1000;

    public const string LimitText = "How many items at most: 1 to 1000, 100 if nothing is said.";
    public const string CursorText = "Where to go on: `next` of the page before.";

    public static int Limit(string? text) => text switch
    {
        null => DefaultLimit,
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) && limit is >= 1 and <= MaxLimit => limit,
        _ => throw ApiProblemException.BadRequest($"limit '{text}' is not a number from 1 to {MaxLimit}"),
    };

    public static string? Cursor(string? text)
    {
        try
        {
            _ = History.Cursor.Parse(text);
            return text;
        }
        catch (FormatException e)
        {
            throw ApiProblemException.BadRequest(e.Message);
        }
    }

    /// <summary>RFC 3339. A plus sign that was not escaped arrives as a space.</summary>
    public static DateTimeOffset? Time(string? text, string name) => text switch
    {
        null => null,
        _ when DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) => time,
        _ => throw ApiProblemException.BadRequest($"{name} '{text}' is not a time as in 2026-05-18T09:30:00Z"),
    };

    public static T? Word<T>(string? text, string name) where T : struct, Enum
    {
        if (text is null)
            return null;
        T[] all = Enum.GetValues<T>();
        foreach (T value in all)
            if (string.Equals(value.ToWord(), text, StringComparison.OrdinalIgnoreCase))
                return value;
        throw ApiProblemException.BadRequest($"{name} '{text}' is not one of {string.Join(", ", all.Select(v => v.ToWord()))}");
    }
}
