using System.Collections.Immutable;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>
/// Which column each process stands in: a waiter left of those it waits for. A wait that closes a circle is drawn backwards and does
/// not count. Processes that only hold something stand right of the first one they share it with.
/// </summary>
internal static class Ranks
{
    public static int[] Of(Story story)
    {
        int count = story.Processes.Length;
        var next = new SortedSet<int>[count];
        for (int i = 0; i < count; i++)
            next[i] = [];
        var waiting = new HashSet<int>();
        foreach (StoryWait wait in story.Waits.Where(w => w.From != w.To))
        {
            next[wait.From].Add(wait.To);
            waiting.Add(wait.From);
            waiting.Add(wait.To);
        }
        foreach (var holders in story.Ports.GroupBy(p => p.Resource))
        {
            int[] processes = [.. holders.Select(p => p.Process).Distinct().Order()];
            int first = processes.FirstOrDefault(waiting.Contains, processes[0]);
            foreach (int idle in processes.Where(p => p != first && !waiting.Contains(p)))
                next[first].Add(idle);
        }
        return LongestPaths(next);
    }

    /// <summary>Longest path from a source, over the edges that are left when each edge back to an open node of the depth-first search is taken out.</summary>
    private static int[] LongestPaths(SortedSet<int>[] next)
    {
        int count = next.Length;
        var state = new byte[count];
        var finished = new List<int>(count);
        var forward = new List<int>[count];
        for (int i = 0; i < count; i++)
            forward[i] = [];

        for (int start = 0; start < count; start++)
        {
            if (state[start] != 0)
                continue;
            var open = new Stack<(int Node, ImmutableArray<int> Next, int At)>();
            state[start] = 1;
            open.Push((start, [.. next[start]], 0));
            while (open.TryPop(out var top))
            {
                if (top.At == top.Next.Length)
                {
                    state[top.Node] = 2;
                    finished.Add(top.Node);
                    continue;
                }
                open.Push(top with { At = top.At + 1 });
                int target = top.Next[top.At];
                if (state[target] == 1)
                    continue;
                forward[top.Node].Add(target);
                if (state[target] == 0)
                {
                    state[target] = 1;
                    open.Push((target, [.. next[target]], 0));
                }
            }
        }

        var rank = new int[count];
        foreach (int node in Enumerable.Reverse(finished))
        {
            foreach (int target in forward[node])
                rank[target] = Math.Max(rank[target], rank[node] + 1);
        }
        return rank;
    }
}
