using System.Text;
using OrphanBoard.Agent.Guarding.Reports;

namespace OrphanBoard.Agent.Commands;

/// <summary>A terminal of so many columns: a line that is wider is broken at blanks, and goes on indented below its beginning.</summary>
public sealed class TerminalWriter(TextWriter terminal, int columns) : TextWriter
{
    /// <summary>By how much the rest of a line stands further in than its beginning.</summary>
    private const int Hang = 4;

    /// <summary>In less room nothing is broken: the terminal does that as well.</summary>
    private const int MinColumns = 40;

    public override Encoding Encoding => terminal.Encoding;

    public override void Write(char value) => terminal.Write(value);

    public override void Write(string? value) => terminal.Write(value);

    public override void Flush() => terminal.Flush();

    public override void WriteLine(string? value)
    {
        string line = value ?? "";
        int indent = Math.Min(line.Length - line.TrimStart(' ').Length + Hang, MinColumns / 2);
        while (columns >= MinColumns && Shown.Columns(line) > columns && BreakOf(line, indent) is > 0 and var at)
        {
            terminal.WriteLine(line[..at].TrimEnd(' '));
            line = new string(' ', indent) + line[at..].TrimStart(' ');
        }
        terminal.WriteLine(line);
    }

    /// <summary>The last blank that still has its place, or the first after a word that is too wide: a path can be copied. 0: there is none.</summary>
    private int BreakOf(string line, int indent)
    {
        int at = 0;
        for (int blank = line.IndexOf(' ', FirstWord(line)); blank >= 0; blank = line.IndexOf(' ', blank + 1))
        {
            if (at > 0 && Shown.Columns(line[..blank]) > columns)
                break;
            at = blank;
        }
        return line[at..].TrimStart(' ').Length == 0 || at <= indent && FirstWord(line) >= at ? 0 : at;
    }

    private static int FirstWord(string line) => line.Length - line.TrimStart(' ').Length;
}
