using System.Text.RegularExpressions;

namespace OrphanBoard.Bench.Bars;

/// <summary>The published file.</summary>
internal static partial class FileBars
{
    internal static void Measure(BenchRun bench)
    {
        double size = new FileInfo(bench.Places.Agent).Length / 1e6;
        bench.Table.Add(new Bar("file", "native file, size", null, size, "MB", 15, false, 1, size, size, ""));

        const string Warnings = "native file, warnings of its publish";
        if (!File.Exists(bench.Places.AgentPublishLog))
        {
            bench.Table.Add(Bar.Skipped("file", Warnings, null, "", 0, false, $"{bench.Places.AgentPublishLog} is not there: publish it again"));
            return;
        }
        string[] warnings = [.. File.ReadLines(bench.Places.AgentPublishLog).Where(line => Warning().IsMatch(line))];
        bench.Table.Add(new Bar("file", Warnings, null, warnings.Length, "", 0, false, 1, warnings.Length, warnings.Length, warnings.FirstOrDefault("")));
    }

    /// <summary>As MSBuild prints them: <c>FILE : warning IL2026: ...</c>, <c>CSC : warning CS8632: ...</c>, <c>ld: warning: ...</c>.</summary>
    [GeneratedRegex(@"\bwarning\b( [A-Z]+[0-9]+)?\s*:", RegexOptions.IgnoreCase)]
    private static partial Regex Warning();
}
