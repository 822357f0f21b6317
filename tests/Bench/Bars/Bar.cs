using OrphanBoard.Bench.Measuring;

namespace OrphanBoard.Bench.Bars;

/// <summary>One figure and what it has to be.</summary>
/// <param name="Section">The section that measured it.</param>
/// <param name="BackEnd">The back end that was forced; null where it does not matter or the agent chose.</param>
/// <param name="Figure">Null: it could not be measured, and is not met.</param>
/// <param name="Limit">Null: told for comparison, there is no bar.</param>
/// <param name="AtLeast">Whether the limit is the least (a ratio) or the most (a cost).</param>
/// <param name="Samples">How many measurements the figure is the median of.</param>
/// <param name="Least">The smallest of them.</param>
/// <param name="Most">The largest of them.</param>
/// <param name="Note">What the figure was made of, or why there is none.</param>
internal sealed record Bar(
    string Section, string Name, string? BackEnd, double? Figure, string Unit, double? Limit, bool AtLeast, int Samples, double Least, double Most, string Note)
{
    public bool Met => Figure is { } figure && (Limit is not { } limit || (AtLeast ? figure >= limit : figure <= limit));

    internal static Bar AtMost(string section, string name, string? backEnd, Samples samples, string unit, double? limit, string note = "") =>
        new(section, name, backEnd, samples.Median, unit, limit, false, samples.Count, samples.Least, samples.Most, note);

    internal static Bar Times(string section, string name, string? backEnd, Samples ratios, double limit, string note = "") =>
        new(section, name, backEnd, ratios.Median, "x", limit, true, ratios.Count, ratios.Least, ratios.Most, note);

    internal static Bar Skipped(string section, string name, string? backEnd, string unit, double? limit, bool atLeast, string reason) =>
        new(section, name, backEnd, null, unit, limit, atLeast, 0, 0, 0, reason);
}
