using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Kinship in one look.</summary>
public static class ProcessTree
{
    /// <summary>These processes and all that descend from them.</summary>
    public static IReadOnlySet<int> WithDescendants(Snapshot look, IEnumerable<int> pids)
    {
        ILookup<int, int> children = look.Processes.ToLookup(p => p.Ppid, p => p.Pid);
        HashSet<int> found = [.. pids];
        var next = new Queue<int>(found);
        while (next.TryDequeue(out int pid))
        {
            foreach (int child in children[pid])
            {
                if (found.Add(child))
                    next.Enqueue(child);
            }
        }
        return found;
    }
}
