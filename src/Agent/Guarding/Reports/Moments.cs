using System.Globalization;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>Moments as people say them.</summary>
internal static class Moments
{
    /// <summary><c>today</c>, <c>yesterday</c>, <c>Tuesday</c>, <c>14 Nov</c>, <c>14 Nov 2025</c></summary>
    public static string Day(DateTimeOffset moment, ReportContext context)
    {
        DateTime day = In(moment, context).Date, today = In(context.Now, context).Date;
        return (today - day).Days switch
        {
            0 => "today",
            1 => "yesterday",
            > 1 and < 7 => day.DayOfWeek.ToString(),
            _ => day.ToString(day.Year == today.Year ? "d MMM" : "d MMM yyyy", CultureInfo.InvariantCulture),
        };
    }

    /// <summary><c>yesterday 14:03</c></summary>
    public static string At(DateTimeOffset moment, ReportContext context) =>
        $"{Day(moment, context)} {In(moment, context).ToString("HH:mm", CultureInfo.InvariantCulture)}";

    private static DateTimeOffset In(DateTimeOffset moment, ReportContext context) => TimeZoneInfo.ConvertTime(moment, context.Zone);
}
