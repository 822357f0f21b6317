using OrphanBoard.Server.Board.Hosts;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Board.Tests.Hosts;

public sealed class TreeIndexTests
{
    private static int[] Visible(string filter = "", bool markedOnly = false, params int[] folded) =>
        TreeIndex.Of(Trees.Small, folded.Select(p => new ProcessKey(p, (ulong)p)).ToHashSet(), filter, markedOnly).Rows;

    [Fact]
    public void Of_NoFoldsNoFilter_ShowsAll() => Assert.Equal([0, 1, 2, 3, 4], Visible());

    [Fact]
    public void Of_FoldedProcess_HidesItsDescendantsOnly() => Assert.Equal([0, 1, 4], Visible(folded: 2));

    [Fact]
    public void Of_Filter_ShowsMatchesAndThoseAboveThem()
    {
        TreeIndex index = TreeIndex.Of(Trees.Small, new HashSet<ProcessKey>(), "VIM", false);
        Assert.Equal([0, 1, 3], index.Rows);
        Assert.Equal([0, 1], index.Context.Order());
    }

    [Fact]
    public void Of_Filter_SeesThroughFolds() => Assert.Equal([0, 1, 2], Visible("bash", folded: 2));

    [Fact]
    public void Of_Filter_LooksIntoArgumentsAndPids()
    {
        Assert.Equal([0, 1, 3], Visible("notes"));
        Assert.Equal([0, 4], Visible("5"));
    }

    [Fact]
    public void Of_MarkedOnly_ShowsMarkedAndThoseAboveThem() => Assert.Equal([0, 4], Visible(markedOnly: true));

    [Fact]
    public void Of_NoMatch_IsEmpty() => Assert.Empty(Visible("nothing-like-that"));

    [Fact]
    public void Of_AChainOfTenThousand_FindsTheLast()
    {
        ProcessRow[] chain = [.. Enumerable.Range(0, 10_000).Select(i => Trees.Row(i + 1, i == 9_999 ? "leaf" : "sh", i, 9_999 - i))];
        Assert.Equal(10_000, TreeIndex.Of([.. chain], new HashSet<ProcessKey>(), "leaf", false).Rows.Length);
    }
}
