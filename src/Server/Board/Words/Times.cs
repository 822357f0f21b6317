using System.Globalization;

namespace OrphanBoard.Server.Board.Words;

/// <summary>Durations and moments as people say them.</summary>
public static class Times
{
    /// <returns><c>8 s</c>, <c>47 min</c>, <c>3 h 5 min</c>, <c>2 d 4 h</c>; anything below a second, or negative, is <c>0 s</c>.</returns>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)Math.Max(0, span.TotalSeconds)} s"),
        { TotalMinutes: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalMinutes} min"),
        { TotalHours: < 24 } when span.Minutes == 0 => string.Create(CultureInfo.InvariantCulture, $"{span.Hours} h"),
        { TotalHours: < 24 } => string.Create(CultureInfo.InvariantCulture, $"{span.Hours} h {span.Minutes} min"),
        _ when span.Hours == 0 => string.Create(CultureInfo.InvariantCulture, $"{span.Days} d"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.Days} d {span.Hours} h"),
    };

    /// <returns><c>now</c>, or <c>3 h 5 min ago</c>.</returns>
    public static string Ago(DateTimeOffset moment, DateTimeOffset now) =>
        now - moment < TimeSpan.FromSeconds(5) ? "now" : $"{Span(now - moment)} ago";

    /// <summary>
    /// Since when, as shortly as it stays clear: <c>today</c>, <c>yesterday</c>, the name of a day of the last week, else <c>14 Nov</c> or
    /// <c>14 Nov 2025</c>. Days are those of UTC, as everywhere on the board.
    /// </summary>
    public static string Day(DateTimeOffset moment, DateTimeOffset now)
    {
        int days = (now.UtcDateTime.Date - moment.UtcDateTime.Date).Days;
        return days switch
        {
            0 => "today",
            1 => "yesterday",
            > 1 and < 7 => moment.UtcDateTime.DayOfWeek.ToString(),
            _ when moment.UtcDateTime.Year == now.UtcDateTime.Year => moment.UtcDateTime.ToString("d MMM", CultureInfo.InvariantCulture),
            _ => moment.UtcDateTime.ToString("d MMM yyyy", CultureInfo.InvariantCulture),
        };
    }

    /// <returns><c>21 Nov, 03:01:07 UTC</c></returns>
    public static string Moment(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("d MMM, HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <returns><c>2026-11-21T03:01:07Z</c>, for a time element's datetime attribute.</returns>
    public static string Machine(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
