using System.Collections.Immutable;
using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Guarding.Reports.Texts;

/// <summary>Where the threads are in their programs: of each process in turn.</summary>
internal static class StacksText
{
    /// <summary>Of a program of a hundred threads, the first tell; <c>stacks.txt</c> of the evidence has them all.</summary>
    private const int MaxLines = 150;

    public static void Write(TextWriter output, ImmutableArray<ProcessStacks> stacks, TextStyle style)
    {
        if (stacks.IsEmpty)
            return;
        output.WriteLine();
        output.WriteLine(style.Strong("  where they are in their programs"));
        using var plain = new StringWriter { NewLine = "\n" };
        foreach (ProcessStacks process in stacks)
            StackText.Write(plain, process);
        // Each line is indented: it may begin with a name.
        string[] lines = plain.ToString().TrimEnd('\n').Split('\n');
        foreach (string line in lines.Take(MaxLines))
            output.WriteLine($"  {(style.Unicode ? '│' : '|')} {Shown.Of(line, style)}".TrimEnd());
        if (lines.Length > MaxLines)
            output.WriteLine($"  and {Shown.Count(lines.Length - MaxLines, "more line", "more lines")}: stacks.txt in the evidence has them all");
    }
}
