using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class OpenFindingsTests
{
    private readonly Scene _scene = Scenes.CrossReaders();
    private readonly ImmutableArray<Finding> _found = Scenes.CrossReaders().Diagnose().Findings;

    [Fact]
    public void Advance_MissedTwiceAndFoundAgain_StaysOpen()
    {
        Snapshot look = _scene.Look();

        OpenFindings open = OpenFindings.None.Advance(_found, look).Advance([], look).Advance([], look);
        Assert.Equal(_found[0].Id, Assert.Single(open.Findings).Id);

        open = open.Advance(_found, look).Advance([], look).Advance([], look);
        Assert.Single(open.Findings);
    }

    [Fact]
    public void Advance_MissedThreeTimes_IsOver()
    {
        Snapshot look = _scene.Look();

        Assert.Empty(OpenFindings.None.Advance(_found, look).Advance([], look).Advance([], look).Advance([], look).Findings);
    }

    [Fact]
    public void Advance_AProcessHasExited_IsOverAtOnce()
    {
        OpenFindings open = OpenFindings.None.Advance(_found, _scene.Look());

        Assert.Empty(open.Advance([], new Scene().Look()).Findings);
    }

    [Fact]
    public void Advance_PidBelongsToAnotherProcessNow_IsOverAtOnce()
    {
        OpenFindings open = OpenFindings.None.Advance(_found, _scene.Look());
        _scene[10].StartTimeTicks = 5_000;

        Assert.Empty(open.Advance([], _scene.Look()).Findings);
    }

    [Fact]
    public void Advance_ToldUnderAnotherName_GivesWayAtOnce()
    {
        Finding other = _found[0] with { Id = "f-other" };
        Snapshot look = _scene.Look();

        OpenFindings open = OpenFindings.None.Advance(_found, look).Advance([other], look);

        Assert.Equal("f-other", Assert.Single(open.Findings).Id);
    }
}
