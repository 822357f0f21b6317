using CsCheck;
using OrphanBoard.Shared.Diagnosis;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class ComponentsTests
{
    [Fact]
    public void StronglyConnected_RandomGraphs_JoinsExactlyThoseThatReachEachOther() =>
        (from count in Gen.Int[1, 9]
         from successors in Gen.Int[0, count - 1].Array[0, 3].Array[count]
         select successors).Sample(successors =>
        {
            int[] component = Components.StronglyConnected(successors);
            for (int a = 0; a < successors.Length; a++)
            {
                for (int b = 0; b < successors.Length; b++)
                    Assert.Equal(Reaches(successors, a, b) && Reaches(successors, b, a), component[a] == component[b]);
            }
        }, iter: 5_000);

    [Fact]
    public void StronglyConnected_VeryLongPath_DoesNotRecurse()
    {
        IReadOnlyList<int>[] path = [.. Enumerable.Range(0, 100_000).Select(node => (IReadOnlyList<int>)(node < 99_999 ? [node + 1] : []))];

        Assert.Equal(100_000, Components.StronglyConnected(path).Distinct().Count());
    }

    private static bool Reaches(int[][] successors, int from, int to)
    {
        var seen = new HashSet<int>();
        var pending = new Stack<int>([from]);
        while (pending.TryPop(out int node))
        {
            if (node == to)
                return true;
            if (seen.Add(node))
                foreach (int next in successors[node])
                    pending.Push(next);
        }
        return false;
    }
}
