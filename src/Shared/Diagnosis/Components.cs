namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Components of a directed graph over 0..n-1, given as lists of successors.</summary>
internal static class Components
{
    /// <summary>Number of each node's strongly connected component (Tarjan, without recursion: chains can be long). A component's successors have smaller numbers.</summary>
    public static int[] StronglyConnected(IReadOnlyList<IReadOnlyList<int>> successors)
    {
        int count = successors.Count, clock = 0, components = 0;
        var component = new int[count];
        var index = new int[count];
        var low = new int[count];
        Array.Fill(component, -1);
        Array.Fill(index, -1);
        var path = new Stack<int>();
        var frames = new Stack<(int Node, int Next)>();
        for (int root = 0; root < count; root++)
        {
            if (index[root] >= 0)
                continue;
            frames.Push((root, 0));
            while (frames.TryPop(out (int Node, int Next) frame))
            {
                (int node, int next) = frame;
                if (next == 0)
                {
                    index[node] = low[node] = clock++;
                    path.Push(node);
                }
                else
                {
                    low[node] = Math.Min(low[node], low[successors[node][next - 1]]);
                }
                bool descended = false;
                for (; next < successors[node].Count; next++)
                {
                    int target = successors[node][next];
                    if (index[target] < 0)
                    {
                        frames.Push((node, next + 1));
                        frames.Push((target, 0));
                        descended = true;
                        break;
                    }
                    if (component[target] < 0)
                        low[node] = Math.Min(low[node], index[target]);
                }
                if (descended)
                    continue;
                if (low[node] == index[node])
                {
                    int member;
                    do
                    {
                        member = path.Pop();
                        component[member] = components;
                    }
                    while (member != node);
                    components++;
                }
            }
        }
        return component;
    }

    /// <summary>Groups of nodes that hang together whatever the direction, each ascending.</summary>
    public static IEnumerable<IReadOnlyList<int>> Weak(int count, IEnumerable<(int A, int B)> edges)
    {
        var parent = Enumerable.Range(0, count).ToArray();
        int Find(int node)
        {
            while (parent[node] != node)
                node = parent[node] = parent[parent[node]];
            return node;
        }
        foreach ((int a, int b) in edges)
            parent[Find(a)] = Find(b);
        return Enumerable.Range(0, count).GroupBy(Find).Select(group => (IReadOnlyList<int>)[.. group]);
    }
}
