using CsCheck;
using OrphanBoard.Agent.Looking;

namespace OrphanBoard.Agent.Tests.Looking;

public class KernelOrderTests
{
    [Fact]
    public void Group_AnyNumbers_PutsEqualOnesTogetherWithFewComparisons() => Gen.Int[0, 40].Array[0, 200].Sample(numbers =>
    {
        int comparisons = 0;

        List<List<int>> groups = KernelOrder.Group(numbers, (one, other) =>
        {
            comparisons++;
            return one.CompareTo(other);
        });

        Assert.Equal(numbers.GroupBy(number => number).OrderBy(group => group.Key).Select(group => group.ToArray()), groups.Select(group => group.ToArray()));
        Assert.True(comparisons <= 1 + numbers.Length * 6);
    });

    [Fact]
    public void Group_WithOthers_AddsThoseThatAreEqualToAnItemWithFewComparisons() => Gen.Select(Gen.Int[0, 40].Array[0, 4], Gen.Int[0, 40].Array[0, 200]).Sample((items, others) =>
    {
        int comparisons = 0;

        List<List<int>> groups = KernelOrder.Group(items, others, (one, other) =>
        {
            comparisons++;
            return one.CompareTo(other);
        });

        Assert.Equal(items.Concat(others.Where(items.Contains)).GroupBy(number => number).OrderBy(group => group.Key).Select(group => group.ToArray()), groups.Select(group => group.ToArray()));
        Assert.True(comparisons <= 1 + (items.Length + others.Length) * 3);
    });

    [Fact]
    public void Group_OneThatCannotBeCompared_IsInNone()
    {
        List<List<int>> groups = KernelOrder.Group([-1, 2, -1, 2, 3], (one, other) => one < 0 || other < 0 ? null : one.CompareTo(other));

        Assert.Equal([[2, 2], [3]], groups);
    }
}
