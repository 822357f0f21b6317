using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

public class KnownLinksTests
{
    private readonly KnownLinks _links = new();

    [Fact]
    public void Find_AfterTwoLinksThatSaidTheSame_IsWhatTheySaid()
    {
        _links.Tell(7, FdTarget.Parse("/a"));
        Assert.Null(_links.Find(7));

        _links.Tell(7, FdTarget.Parse("/a"));

        Assert.Equal("/a", _links.Find(7)?.Text);
        Assert.Null(_links.Find(8));
        Assert.Null(_links.Find(0));
    }

    [Fact]
    public void Find_AfterOneThatWasOpenedAnewMeanwhile_WaitsForTwoThatAgree()
    {
        _links.Tell(7, FdTarget.Parse("/other"));
        _links.Tell(7, FdTarget.Parse("/a"));
        Assert.Null(_links.Find(7));

        _links.Tell(7, FdTarget.Parse("/a"));

        Assert.Equal("/a", _links.Find(7)?.Text);
    }

    [Fact]
    public void Find_WhereALinkMayNotBeRead_TellsNothingUntilTheNextLook()
    {
        _links.Tell(7, FdTarget.Parse("/a"));
        _links.Tell(7, FdTarget.Parse("/a"));

        _links.Tell(8, FdTarget.Unreadable);
        Assert.Null(_links.Find(7));

        _links.BeginLook();
        Assert.Null(_links.Find(7));
        _links.Tell(7, FdTarget.Parse("/b"));
        _links.Tell(7, FdTarget.Parse("/b"));
        Assert.Equal("/b", _links.Find(7)?.Text);
    }
}
