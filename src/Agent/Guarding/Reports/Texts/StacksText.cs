using System.Collections.Immutable;
using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Guarding.Reports.Texts;

/// <summary>Where the threads are in their programs: of each process in turn, those alike once.</summary>
internal static class StacksText
{
    /// <summary>Of a program of a hundred threads, the first tell; <c>stacks.txt</c> of the evidence has them all.</summary>
    private const int MaxLines = 150;

    /// <summary>Processes beyond, whose stacks are those of another one, are counted.</summary>
    private const int MaxPids = 8;

    public static void Write(TextWriter output, ImmutableArray<ProcessStacks> stacks, TextStyle style)
    {
        if (stacks.IsEmpty)
            return;
        output.WriteLine();
        output.WriteLine(style.Strong("  where they are in their programs"));
        using var plain = new StringWriter { NewLine = "\n" };
        foreach (var alike in stacks.GroupBy(process => string.Join('\n', StackText.Lines(process)).Replace($"({process.Pid})", "()", StringComparison.Ordinal), StringComparer.Ordinal))
        {
            StackText.Write(plain, alike.First());
            if (alike.Count() > 1)
                plain.WriteLine($"  and {Shown.Count(alike.Count() - 1, "more process", "more processes")} like it: {string.Join(", ", alike.Skip(1).Take(MaxPids).Select(process => $"{process.Pid}"))}{(alike.Count() - 1 > MaxPids ? ", ..." : "")}");
        }
        // Each line is indented: it may begin with a name.
        string[] lines = plain.ToString().TrimEnd('\n').Split('\n');
        foreach (string line in lines.Take(MaxLines))
            output.WriteLine($"  {(style.Unicode ? '│' : '|')} {Shown.Of(line, style)}".TrimEnd());
        if (lines.Length > MaxLines)
            output.WriteLine($"  and {Shown.Count(lines.Length - MaxLines, "more line", "more lines")}: stacks.txt in the evidence has them all");
    }
}
