using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrphanBoard.Bench.Bars;

/// <summary>Prints each bar as soon as it is measured, and keeps them for the JSON file.</summary>
internal sealed class BarTable(TextWriter output)
{
    private readonly List<Bar> _bars = [];

    internal void Add(Bar bar)
    {
        _bars.Add(bar);
        string name = bar.BackEnd is { } backEnd ? $"{bar.Name}, {BackEnds.Title(backEnd)}" : bar.Name;
        output.WriteLine($"{name,-66} {Figure(bar),14}  {Limit(bar),-14} {Verdict(bar),-8} {Spread(bar)}".TrimEnd());
        output.Flush();
    }

    internal void WriteJson(string path)
    {
        using FileStream file = File.Create(path);
        JsonSerializer.Serialize(file, _bars, BarJson.Default.ListBar);
    }

    private static string Figure(Bar bar) => bar.Figure is { } figure ? $"{Number(figure)} {bar.Unit}" : "-";

    private static string Limit(Bar bar) => bar.Limit is { } limit ? $"{(bar.AtLeast ? ">=" : "<=")} {Number(limit)} {bar.Unit}" : "no bar";

    private static string Verdict(Bar bar) => bar switch
    {
        { Figure: null, Limit: null } => "skipped",
        { Figure: null } => "not met",
        { Limit: null } => "",
        _ => bar.Met ? "met" : "NOT MET",
    };

    private static string Spread(Bar bar)
    {
        if (bar.Figure is null)
            return $"(skipped: {bar.Note})";
        string spread = bar.Samples > 1 ? $"median of {bar.Samples}, {Number(bar.Least)}..{Number(bar.Most)}" : "1";
        return bar.Note.Length == 0 ? $"({spread})" : $"({spread}; {bar.Note})";
    }

    internal static string Number(double value) => value switch
    {
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(List<Bar>))]
internal sealed partial class BarJson : JsonSerializerContext;
