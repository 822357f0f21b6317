using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>One incident of several that are stuck each by itself.</summary>
public sealed class KnotTests
{
    [Fact]
    public void Diagnose_TwoChildrenEachStuckByItself_DoNotWaitForEachOther()
    {
        Scene scene = Parent();
        scene.Process(11, "one", parent: 10).EventFd(77, 3).ReadEnd(7000, 4).WriteEnd(7000, 5).Polls(3, 4);
        scene.Process(12, "other", parent: 10).WaitsOnFutex();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("child-never-exits", finding.Rule);
        Assert.Equal("parent (10) waits for one of its children to exit, and none of one (11) and other (12) can ever run again.", finding.Summary);
        Assert.Equal([11, 12], finding.Culprits.Select(culprit => culprit.Pid).Distinct().Order());
        Assert.Contains("parent (10) goes on when one of one (11) and other (12) exits.", finding.Explanation);
        Assert.Contains("Each of one (11) and other (12) is stuck by itself: what ends the one does not end the other.", finding.Explanation);
    }

    [Fact]
    public void Diagnose_TwoChildrenWithAFaultEach_BothAreNamed()
    {
        Scene scene = Parent();
        scene.Process(11, "one", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3);
        scene.Process(12, "other", parent: 10).EventFd(77, 3).ReadsEventFd(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("eof-held-by-self", finding.Rule);
        Assert.Equal([(11, 4), (12, 3)], finding.Culprits.Select(culprit => (culprit.Pid, culprit.Fd!.Value)));
        Assert.Contains(finding.Explanation, line => line.StartsWith("It ends when one (11) closes fd 4", StringComparison.Ordinal));
        Assert.Contains(finding.Explanation, line => line.StartsWith("It ends when something adds to eventfd 77", StringComparison.Ordinal));
    }

    [Fact]
    public void Diagnose_TwoWhoReadEachOther_AreOneKnot()
    {
        Scene scene = Parent();
        scene.Process(11, "one", parent: 10).ReadEnd(7000, 3).WriteEnd(7001, 4).Reads(3);
        scene.Process(12, "other", parent: 10).ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("pipe-read-cycle", finding.Rule);
        Assert.DoesNotContain(finding.Explanation, line => line.Contains("by itself", StringComparison.Ordinal));
    }

    private static Scene Parent()
    {
        Scene scene = new();
        scene.Process(10, "parent").WaitsFor(-1);
        return scene;
    }
}
