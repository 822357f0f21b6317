using System.Collections.Immutable;
using CsCheck;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Fingerprints;

public sealed class FingerprinterTests
{
    [Fact]
    public void Of_FoundingHang_IsTheCanonicalTextOfItsCore()
    {
        FindingFingerprint fingerprint = Only(Scenes.Founding(eof: true)).Fingerprint;

        Assert.Equal(
            """
            v1 deadlock
            P0 contract-tests waits PipeRead {n}=aR {n}=bW
            P1 served-child waits PipeRead {0,n}=cR {1,n}=aW {2,n}=dW {n}=bR
            P0 -PipeRead a-> P1
            P1 -PipeRead b-> P0

            """,
            fingerprint.Text);
        Assert.All([fingerprint.Family, fingerprint.Shape, fingerprint.Exact, fingerprint.Culprit!], key => Assert.Matches("^v1-[a-z2-7]{26}$", key));
    }

    [Fact]
    public void Of_SameBugAgain_HasTheSameShapeWhateverItsNumbers() =>
        (from shift in Gen.Int[0, 20_000] from fd in Gen.Int[0, 200] from eof in Gen.Bool select (shift, fd, eof)).Sample(again =>
            Assert.Equal(
                Only(Scenes.Founding(again.eof)).Fingerprint.Shape,
                Only(Scenes.Founding(again.eof, again.shift, again.fd)).Fingerprint.Shape), iter: 300);

    [Fact]
    public void Of_OtherUpstreamWaiters_HasTheSameShapeAndAnotherExactKey()
    {
        Scene scene = Scenes.Founding(eof: true);
        FindingFingerprint before = Only(scene).Fingerprint;
        scene.Process(90, "make").WaitsFor(100);
        scene = WithParent(scene, child: 100, parent: 90);

        FindingFingerprint after = Only(scene).Fingerprint;

        Assert.Equal(before.Shape, after.Shape);
        Assert.NotEqual(before.Exact, after.Exact);
    }

    [Fact]
    public void Of_UnrelatedFilesThreadsAndLogs_HasTheSameShape()
    {
        Scene scene = Scenes.Founding(eof: true);
        string shape = Only(scene).Fingerprint.Shape;

        scene[120].WaitsOnFutex().Has(50, "/var/log/x", FdAccess.Write).WriteEnd(9000, 51);
        scene[110].WriteEnd(9000, 51).WriteEnd(9001, 1, 2);

        Assert.Equal(shape, Only(scene).Fingerprint.Shape);
    }

    public static TheoryData<string, string> LookAlikes => new()
    {
        { "eof", "seen" },
        { "eof", "stdin duplicated only" },
        { "eof", "stdout duplicated only" },
        { "stdin duplicated only", "stdout duplicated only" },
        { "eof", "nothing duplicated" },
        { "held by itself", "held by its parent" },
    };

    [Theory]
    [MemberData(nameof(LookAlikes))]
    public void Of_DifferentBugsThatLookAlike_HaveDifferentShapes(string a, string b) =>
        Assert.NotEqual(Only(Named(a)).Fingerprint.Shape, Only(Named(b)).Fingerprint.Shape);

    [Fact]
    public void Of_ParticipantsInAnyOrder_IsTheSame() =>
        Gen.Int.Sample(seed =>
        {
            Finding finding = Only(Scenes.Founding(eof: false));
            var random = new Random(seed);
            Finding shuffled = finding with
            {
                Participants = [.. finding.Participants.OrderBy(_ => random.Next())],
                Edges = [.. finding.Edges.OrderBy(_ => random.Next())],
            };
            Assert.Equal(finding.Fingerprint, Fingerprinter.Of(shuffled));
        }, iter: 200);

    [Fact]
    public void Of_RingOfAlikeProcesses_IsTheSameWhateverTheOrder() =>
        (from length in Gen.Int[2, 9] from seed in Gen.Int select (length, seed)).Sample(ring =>
            Assert.Equal(
                Only(Ring([.. Enumerable.Range(0, ring.length)])).Fingerprint.Text,
                Only(Ring(Shuffled(ring.length, ring.seed))).Fingerprint.Text), iter: 200);

    [Fact]
    public void Of_RingsOfDifferentLength_DifferInShape() =>
        Assert.NotEqual(Only(Ring([0, 1, 2])).Fingerprint.Shape, Only(Ring([0, 1, 2, 3])).Fingerprint.Shape);

    [Fact]
    public void Of_MoreZombiesOfTheSameKind_IsTheSameShape() =>
        Assert.Equal(Only(Zombies(10)).Fingerprint.Shape, Only(Zombies(25)).Fingerprint.Shape);

    [Fact]
    public void Compare_SameBug_IsWholeAndNamesWhatIsCommon()
    {
        Comparison comparison = FingerprintComparison.Compare(Only(Scenes.Founding(eof: true)), Only(Scenes.Founding(eof: true, shift: 500)));

        Assert.Equal((true, true, 1.0), (comparison.SameShape, comparison.SameExact, comparison.Similarity));
        Assert.All(comparison.Features, feature => Assert.Equal(FeatureSide.Both, feature.In));
    }

    [Fact]
    public void Compare_LookAlikes_NamesWhatDiffersFirst()
    {
        Comparison comparison = FingerprintComparison.Compare(Only(Scenes.Founding(eof: true)), Only(Scenes.Founding(eof: false)));

        Assert.False(comparison.SameShape);
        Assert.InRange(comparison.Similarity, 0.3, 0.95);
        Assert.NotEqual(FeatureSide.Both, comparison.Features[0].In);
        Assert.Contains(comparison.Features, feature => feature.Feature == "contract-tests waits for served-child: pipe read" && feature.In == FeatureSide.A);
    }

    private static Finding Only(Scene scene) => Assert.Single(scene.Diagnose().Findings);

    private static Scene Named(string name)
    {
        var scene = Scenes.Founding(eof: true);
        switch (name)
        {
            case "eof":
                return scene;
            case "seen":
                return Scenes.Founding(eof: false);
            case "stdin duplicated only":
                return Duplicates(stdin: true, stdout: false);
            case "stdout duplicated only":
                return Duplicates(stdin: false, stdout: true);
            case "nothing duplicated":
                return Duplicates(stdin: false, stdout: false);
            case "held by itself":
                scene = new Scene();
                scene.Process(10, "parent").WaitsFor(11);
                scene.Process(11, "filter", parent: 10).ReadEnd(7000, 0).WriteEnd(7000, 4).Reads(0);
                return scene;
            case "held by its parent":
                scene = new Scene();
                scene.Process(10, "parent").WriteEnd(7000, 4).WaitsFor(11);
                scene.Process(11, "filter", parent: 10).ReadEnd(7000, 0).Reads(0);
                return scene;
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, "no such scene");
        }
    }

    private static Scene Duplicates(bool stdin, bool stdout)
    {
        var scene = new Scene();
        scene.Process(110, "contract-tests").WriteEnd(7003, 30).ReadEnd(7001, 32).Reads(32);
        Actor child = scene.Process(120, "served-child", parent: 110).ReadEnd(7000, 0).WriteEnd(7001, 1).ReadEnd(7003, 29).Reads(29);
        if (stdin)
            child.ReadEnd(7000, 3);
        if (stdout)
            child.WriteEnd(7001, 4);
        return scene;
    }

    private static Scene Ring(ImmutableArray<int> order)
    {
        var scene = new Scene();
        for (int place = 0; place < order.Length; place++)
            scene.Process(100 + order[place], "worker").ReadEnd(7000 + place, 3).WriteEnd(7000 + (place + 1) % order.Length, 4).Reads(3);
        return scene;
    }

    private static ImmutableArray<int> Shuffled(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).OrderBy(_ => random.Next())];
    }

    private static Scene Zombies(int count)
    {
        var scene = new Scene();
        scene.Process(10, "parent").Sleeps();
        for (int pid = 11; pid < 11 + count; pid++)
            scene.Process(pid, "done", parent: 10).State = 'Z';
        return scene;
    }

    private static Scene WithParent(Scene scene, int child, int parent)
    {
        scene.Process(child, "runner", parent).WaitsFor(110);
        return scene;
    }
}
