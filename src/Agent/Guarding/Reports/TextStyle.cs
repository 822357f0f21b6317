using System.Collections.Immutable;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>What whoever reads a report can be shown.</summary>
/// <param name="Unicode">Lines are drawn with box characters, and names keep their letters; else all is ASCII.</param>
/// <param name="Colour">Escape sequences of ECMA-48 are understood.</param>
public sealed record TextStyle(bool Unicode, bool Colour)
{
    /// <summary>Columns of a report that is no terminal's, and the most that one takes of a terminal; below the least, the terminal has to break the lines.</summary>
    private const int Most = 100, Least = 60;

    /// <summary>How wide a line is at most; a word that is wider has a line of its own.</summary>
    public int Columns { get; private init; } = Most;

    /// <summary>For files: UTF-8, no colour.</summary>
    public static TextStyle File { get; } = new(true, false);

    private static readonly ImmutableArray<string> LocaleVariables = ["LC_ALL", "LC_CTYPE", "LANG"];

    /// <summary>As locale(7) has it, LC_ALL before LC_CTYPE before LANG; colour for a terminal unless NO_COLOR is set or TERM is dumb.</summary>
    /// <param name="environment">Value of a variable, null where it is not set.</param>
    /// <param name="terminal">Whether it is written to a terminal.</param>
    /// <param name="columns">Of that terminal; null: not known.</param>
    public static TextStyle Of(Func<string, string?> environment, bool terminal, int? columns = null)
    {
        string locale = LocaleVariables.Select(environment).FirstOrDefault(value => !string.IsNullOrEmpty(value)) ?? "C";
        bool unicode = locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("UTF8", StringComparison.OrdinalIgnoreCase);
        return new TextStyle(unicode, terminal && string.IsNullOrEmpty(environment("NO_COLOR")) && environment("TERM") is not "dumb")
        {
            Columns = Math.Clamp(columns ?? Most, Least, Most),
        };
    }

    internal string Arrow => Unicode ? "→" : "->";

    internal string Loud(string text) => Paint("1;31", text);

    internal string Strong(string text) => Paint("1", text);

    internal string Faint(string text) => Paint("2", text);

    internal string Warn(string text) => Paint("31", text);

    private string Paint(string how, string text) => Colour && text.Length > 0 ? $"\e[{how}m{text}\e[0m" : text;
}
