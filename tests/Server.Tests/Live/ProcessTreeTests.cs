using OrphanBoard.Server.Live;
using OrphanBoard.Server.Tests.Support;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Tests.Live;

public sealed class ProcessTreeTests
{
    [Fact]
    public void Rows_Siblings_AreDepthFirstByPidWithTheirDescendants()
    {
        var rows = Rows(Samples.State(1, 0, "init"), Samples.State(30, 10, "c"), Samples.State(20, 1, "b"), Samples.State(10, 1, "a"), Samples.State(11, 10, "d"));

        Assert.Equal([(1, 0, 4), (10, 1, 2), (11, 2, 0), (30, 2, 0), (20, 1, 0)], rows);
    }

    [Fact]
    public void Rows_ParentsInACircle_AreAllThereOnce()
    {
        var rows = Rows(Samples.State(1, 0, "init"), Samples.State(5, 6, "a"), Samples.State(6, 5, "b"), Samples.State(7, 7, "own parent"));

        Assert.Equal([1, 5, 6, 7], rows.Select(r => r.Pid).Order());
    }

    [Fact]
    public void Rows_LongChainOfParents_IsLaidOut()
    {
        ProcessState[] chain = [.. Enumerable.Range(1, 50_000).Select(pid => Samples.State(pid, pid - 1, "x"))];

        var rows = Rows(chain);

        Assert.Equal((50_000, 49_999, 0), rows[^1]);
        Assert.Equal(49_999, rows[0].Descendants);
    }

    [Fact]
    public void Rows_ProcessInTwoFindings_HasTheStrongerMark()
    {
        Finding hang = Samples.Hang(), hazard = Samples.Hang(findingClass: FindingClass.Hazard);
        Keyframe keyframe = Samples.Keyframe(DateTimeOffset.UnixEpoch, hang);

        foreach (Finding[] order in new[] { new[] { hang, hazard }, [hazard, hang] })
        {
            var rows = ProcessTree.Rows(keyframe.Processes, order, new Dictionary<string, string> { [hang.Id] = "e1", [hazard.Id] = "e2" });
            Assert.Equal((ProcessMark.Stuck, "e1"), (rows[1].Mark, rows[1].EpisodeId));
        }
    }

    [Fact]
    public void Rows_PidOfAFindingGivenToAnotherProcess_IsNotMarked()
    {
        Finding hang = Samples.Hang();
        ProcessState later = Samples.State(100, 1, "another");

        var rows = ProcessTree.Rows([later with { Key = later.Key with { StartTimeTicks = 999_999 } }], [hang], new Dictionary<string, string>());

        Assert.Equal(ProcessMark.None, rows[0].Mark);
    }

    private static (int Pid, int Depth, int Descendants)[] Rows(params ProcessState[] processes) =>
        [.. ProcessTree.Rows([.. processes], [], new Dictionary<string, string>()).Select(r => (r.Process.Key.Pid, r.Depth, r.Descendants))];
}
