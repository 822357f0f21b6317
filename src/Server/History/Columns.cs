using System.Text.Json;

namespace OrphanBoard.Server.History;

/// <summary>What is in the columns, and what it is outside.</summary>
internal static class Columns
{
    public static long ToMs(this DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    public static DateTimeOffset FromMs(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    public static int DayOf(long ms) => (int)(ms / MsPerDay);

    public static DateOnly FromDay(int day) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(day);

    public const long MsPerDay = 24 * 60 * 60 * 1000;

    public static string ToWord<T>(this T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    public static T FromWord<T>(string word) where T : struct, Enum => Enum.Parse<T>(word.Replace("-", ""), ignoreCase: true);
}
