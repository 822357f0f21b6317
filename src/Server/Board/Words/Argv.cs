using OrphanBoard.Shared.Text;

namespace OrphanBoard.Server.Board.Words;

public static class Argv
{
    /// <summary>An argument vector as one visible line; an argument that is empty or has blanks in it stands in single quotes.</summary>
    public static string Line(IEnumerable<string> arguments) =>
        string.Join(' ', arguments.Select(a => a.Length == 0 || a.Contains(' ') ? $"'{VisibleText.Of(a)}'" : VisibleText.Of(a)));
}
