namespace OrphanBoard.Agent.Guarding.Reports.Texts;

internal static class SeenText
{
    /// <summary><c>3 times since Tuesday (last: yesterday 14:03, `cargo test`)</c></summary>
    public static string Of(SeenCount seen, ReportContext context)
    {
        if (seen.Times == 0)
            return "never under guard on this machine";
        string last = $"{Moments.At(seen.Last, context)}, `{Shown.Fit(seen.LastCommand, 60, context.Style)}`";
        return seen.Times == 1 ? $"once ({last})" : $"{seen.Times} times since {Moments.Day(seen.First, context)} (last: {last})";
    }
}
