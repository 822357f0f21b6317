using System.Globalization;

namespace OrphanBoard.Shared.Text;

/// <summary>Lengths of time for a person: <c>1 h 6 min</c>.</summary>
public static class SpanText
{
    public static string Of(TimeSpan span) => span switch
    {
        { TotalDays: >= 1 } => $"{(int)span.TotalDays} d {span.Hours} h",
        { TotalHours: >= 1 } => $"{span.Hours} h {span.Minutes} min",
        { TotalMinutes: >= 1 } => $"{span.Minutes} min {span.Seconds} s",
        { TotalSeconds: >= 10 } => $"{span.Seconds} s",
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s"),
    };
}
