namespace OrphanBoard.Shared.Findings;

/// <summary>In which order a drawing has the processes of a finding: each before those that it waits for, where that is possible.</summary>
public static class WaitOrder
{
    /// <summary>Depth first along the waits, from each of <paramref name="starts"/> in turn; each process once.</summary>
    /// <param name="next">From a waiter to those that it waits for.</param>
    public static List<int> DepthFirst(IEnumerable<int> starts, ILookup<int, int> next)
    {
        var order = new List<int>();
        var seen = new HashSet<int>();
        foreach (int start in starts)
        {
            var open = new Stack<int>([start]);
            while (open.TryPop(out int pid))
            {
                if (!seen.Add(pid))
                    continue;
                order.Add(pid);
                foreach (int target in next[pid].Reverse())
                    open.Push(target);
            }
        }
        return order;
    }
}
