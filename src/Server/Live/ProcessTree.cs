using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Live;

/// <summary>Lays a host's processes out as rows, depth first, siblings ascending by pid. Pure.</summary>
public static class ProcessTree
{
    /// <param name="episodes">Finding id -> id of its open episode.</param>
    public static ImmutableArray<ProcessRow> Rows(
        ImmutableArray<ProcessState> processes, IEnumerable<Finding> findings, IReadOnlyDictionary<string, string> episodes)
    {
        FindingMarks marks = FindingMarks.Of(findings);
        ProcessState[] ordered = [.. processes.OrderBy(p => p.Key)];
        ILookup<int, ProcessState> children = ordered.Where(p => p.Facts.Ppid != p.Key.Pid).ToLookup(p => p.Facts.Ppid);
        HashSet<int> pids = [.. ordered.Select(p => p.Key.Pid)];

        List<(ProcessState Process, int Depth)> rows = new(ordered.Length);
        HashSet<ProcessKey> placed = [];
        foreach (ProcessState root in ordered.Where(p => !pids.Contains(p.Facts.Ppid) || p.Facts.Ppid == p.Key.Pid))
            Place(root, children, placed, rows);

        // Parents in a circle are nobody's descendants: only a host that lies, or was read in the middle of a pid's reuse, has them.
        foreach (ProcessState left in ordered)
            Place(left, children, placed, rows);

        int[] descendants = CountDescendants(rows);
        return [.. rows.Select((row, i) => ToRow(row.Process, row.Depth, descendants[i]))];

        ProcessRow ToRow(ProcessState process, int depth, int below)
        {
            (ProcessMark mark, string? finding) = marks.For(process);
            return new ProcessRow(process, depth, below, mark, finding is null ? null : episodes.GetValueOrDefault(finding));
        }
    }

    /// <summary>With a stack of its own: a chain of parents may be as long as the table of processes.</summary>
    private static void Place(ProcessState root, ILookup<int, ProcessState> children, HashSet<ProcessKey> placed, List<(ProcessState, int)> rows)
    {
        Stack<(ProcessState Process, int Depth)> next = new([(root, 0)]);
        while (next.TryPop(out (ProcessState Process, int Depth) at))
        {
            if (!placed.Add(at.Process.Key))
                continue;
            rows.Add(at);
            foreach (ProcessState child in children[at.Process.Key.Pid].Reverse())
                next.Push((child, at.Depth + 1));
        }
    }

    private static int[] CountDescendants(List<(ProcessState Process, int Depth)> rows)
    {
        int[] counts = new int[rows.Count];
        Stack<int> open = [];
        for (int i = 0; i <= rows.Count; i++)
        {
            int depth = i < rows.Count ? rows[i].Depth : -1;
            while (open.TryPeek(out int top) && rows[top].Depth >= depth)
                counts[open.Pop()] = i - top - 1;
            open.Push(i);
        }
        return counts;
    }
}
