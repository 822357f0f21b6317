using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class AlikeHopsTests
{
    [Fact]
    public void Join_SameWordsButForTheirOwnPids_AreToldOnceAtTheFirst() => Assert.Equal(
        ["worker (7) reads pipe 1. The same goes for 2 more processes: 9 and 10.", "worker (8) sleeps."],
        Told(Reads(7), new Hop(8, "worker", ["worker (8) sleeps."]), Reads(9), Reads(10)));

    [Fact]
    public void Join_OneOther_IsNamedAlone() => Assert.Equal(["worker (7) reads pipe 1. The same goes for process 9."], Told(Reads(7), Reads(9)));

    [Fact]
    public void Join_SixtyAlike_AreCounted() => Assert.Equal(
        ["worker (100) reads pipe 1. The same goes for 59 more processes: 101, 102, 103, 104, 105, 106, 107 and 52 more."],
        Told([.. Enumerable.Range(100, 60).Select(Reads)]));

    [Fact]
    public void Join_AlikeButForWhomTheyWaitFor_StandApart() =>
        Assert.Equal(2, Told(new Hop(7, "worker", ["worker (7) waits for child (8)."]), new Hop(9, "worker", ["worker (9) waits for child (10)."])).Length);

    [Fact]
    public void Diagnose_SixtyReadersOneOfWhomIsAwaited_TellsThatOneAndTheRestInALineEach()
    {
        var scene = new Scene();
        scene.Process(50, "parent").WaitsFor(100).WriteEnd(1, 4);
        for (int child = 100; child < 160; child++)
            scene.Process(child, "reader", parent: 50).Reads(3).ReadEnd(1, 3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(60 + 1, finding.Pids.Length);
        Assert.Equal(
            [
                "reader (101) reads pipe 1 (fd 3) to its end. Its write end is open at fd 4 of parent (50). The same goes for 58 more processes: 102, 103, 104, 105, 106, 107, 108 and 51 more.",
                "parent (50) waits for its child reader (100) to exit.",
                "reader (100) reads pipe 1 (fd 3) to its end. Its write end is open at fd 4 of parent (50).",
            ],
            finding.Explanation.Take(3));
    }

    private static Hop Reads(int pid) => new(pid, "worker", [$"worker ({pid}) reads pipe 1."]);

    private static string[] Told(params Hop[] hops) => [.. AlikeHops.Join(hops).Select(hop => string.Join(' ', hop.Sentences))];
}
