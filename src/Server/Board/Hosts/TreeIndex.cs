using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Server.Board.Hosts;

/// <summary>
/// Which rows of a host's tree one viewer sees. The rows belong to everybody who watches the host; a viewer has only folds, a filter and
/// this index.
/// </summary>
/// <param name="Rows">Indexes into the host's rows.</param>
/// <param name="Context">Those of them that are there only because something below them matches.</param>
public sealed record TreeIndex(int[] Rows, HashSet<int> Context)
{
    /// <param name="rows">Depth first.</param>
    /// <param name="folded">Processes whose descendants are hidden. A filter sees through folds.</param>
    /// <param name="filter">Part of the command name, of an argument, or the whole pid; empty for none.</param>
    /// <param name="markedOnly">Only processes with a mark.</param>
    public static TreeIndex Of(ImmutableArray<ProcessRow> rows, IReadOnlySet<ProcessKey> folded, string filter, bool markedOnly) =>
        filter.Length == 0 && !markedOnly ? Unfolded(rows, folded) : Filtered(rows, filter, markedOnly);

    private static TreeIndex Unfolded(ImmutableArray<ProcessRow> rows, IReadOnlySet<ProcessKey> folded)
    {
        var visible = new List<int>(rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            visible.Add(i);
            if (folded.Contains(rows[i].Process.Key))
                i += rows[i].Descendants;
        }
        return new TreeIndex([.. visible], []);
    }

    private static TreeIndex Filtered(ImmutableArray<ProcessRow> rows, string filter, bool markedOnly)
    {
        var matches = new bool[rows.Length];
        var above = new bool[rows.Length];
        var path = new Stack<int>();
        for (int i = 0; i < rows.Length; i++)
        {
            while (path.TryPeek(out int last) && rows[last].Depth >= rows[i].Depth)
                path.Pop();
            matches[i] = (!markedOnly || rows[i].Mark != ProcessMark.None) && Matches(rows[i], filter);
            if (matches[i])
            {
                // Once an ancestor is marked, so are all of its own.
                foreach (int ancestor in path)
                {
                    if (above[ancestor])
                        break;
                    above[ancestor] = true;
                }
            }
            path.Push(i);
        }
        int[] visible = [.. Enumerable.Range(0, rows.Length).Where(i => matches[i] || above[i])];
        return new TreeIndex(visible, [.. visible.Where(i => !matches[i])]);
    }

    private static bool Matches(ProcessRow row, string filter) =>
        filter.Length == 0
        || row.Process.Facts.Comm.Contains(filter, StringComparison.OrdinalIgnoreCase)
        || row.Process.Key.Pid.ToString(CultureInfo.InvariantCulture) == filter
        || (row.Process.Facts.Cmdline is { } arguments && arguments.Any(a => a.Contains(filter, StringComparison.OrdinalIgnoreCase)));
}
