using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;
using OrphanBoard.Shared.Snapshots;
using static OrphanBoard.Shared.Tests.Fingerprints.FingerprintScenes;

namespace OrphanBoard.Shared.Tests.Fingerprints;

public sealed class FingerprintComparisonTests
{
    [Fact]
    public void Compare_HiddenFdTableAndAnotherBug_DoesNotMatchByWhatWasSeen() =>
        Assert.False(FingerprintComparison.Compare(Only(Scenes.Founding(eof: false)), Hiding(Founding())).SameShape);

    [Fact]
    public void Compare_RingsOfDifferentLength_AreAlikeAndNotWhole()
    {
        Comparison comparison = FingerprintComparison.Compare(Only(Ring([0, 1, 2])), Only(Ring([0, 1, 2, 3])));

        Assert.InRange(comparison.Similarity, 0.5, 0.99);
        Assert.Contains(comparison.Features, feature => feature == new ComparedFeature("worker takes part (4 times)", FeatureSide.B));
    }

    [Fact]
    public void Compare_OnlyThreadsAndArgumentsDiffer_WeighsLessThanAnotherFd()
    {
        Finding founding = Founding();
        Finding threads = Changed(founding, participant => participant with { Threads = [.. participant.Threads, participant.Threads[0] with { Tid = 9999 }] });
        Finding stdin = Changed(founding, participant => participant with { Fds = [.. participant.Fds.Where(fd => fd.Fd != 3)] });

        Assert.True(FingerprintComparison.Compare(founding, threads).Similarity > FingerprintComparison.Compare(founding, stdin).Similarity);
    }

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
}
