using OrphanBoard.Agent.Looking;

namespace OrphanBoard.Agent.Tests.Differential;

/// <summary>The ways to look at this host that the tests compare with other tools, by the name that <c>--backend</c> has for them.</summary>
internal static class BackEndsHere
{
    internal static TheoryData<string> All => ["proc"];

    internal static HostLooker Open(string backEnd)
    {
        Assert.Equal("proc", backEnd);
        return new HostLooker(TimeProvider.System, CommandLineRedaction.WithRandomKey());
    }
}
