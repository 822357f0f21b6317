using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Components;
using OrphanBoard.Server.History;

namespace OrphanBoard.Server.Board.Parts;

public sealed partial class DayBars
{
    private const int Days = 30;

    /// <summary>Days that have episodes; others count as none.</summary>
    [Parameter, EditorRequired] public ImmutableArray<DayCount> Counts { get; set; }

    [Parameter, EditorRequired] public DateOnly Today { get; set; }

    [Parameter] public string Class { get; set; } = "";

    private DayCount[] Bars { get; set; } = [];
    private int Most { get; set; }
    private string Label { get; set; } = "";

    protected override void OnParametersSet()
    {
        var counts = Counts.GroupBy(c => c.Date).ToDictionary(g => g.Key, g => g.Sum(c => c.Count));
        Bars = [.. Enumerable.Range(0, Days).Select(i => Today.AddDays(i - Days + 1)).Select(d => new DayCount(d, counts.GetValueOrDefault(d)))];
        Most = Math.Max(1, Bars.Max(b => b.Count));
        Label = string.Create(CultureInfo.InvariantCulture, $"{Bars.Sum(b => b.Count)} in the last {Days} days, on {Bars.Count(b => b.Count > 0)} of them; at most {Bars.Max(b => b.Count)} a day");
    }
}
