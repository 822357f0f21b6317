using System.Collections.Immutable;
using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Guarding.Reports.Texts;

/// <summary>Where the threads are in their programs: of each process in turn.</summary>
internal static class StacksText
{
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
        foreach (string line in plain.ToString().TrimEnd('\n').Split('\n'))
            output.WriteLine($"  {(style.Unicode ? '│' : '|')} {Shown.Of(line, style)}".TrimEnd());
    }
}
