using OrphanBoard.Board.Tests.Examples;
using OrphanBoard.Server.Board.Drawing;

namespace OrphanBoard.Board.Tests.Drawing;

public sealed class RailDrawingTests
{
    [Theory]
    [MemberData(nameof(LayeredDrawingTests.Sizes), MemberType = typeof(LayeredDrawingTests))]
    public void Create_AnyFinding_DrawsAllOfItAndNothingOverlaps(int processes, int seed)
    {
        Story story = Pictures.StoryOf(RandomFinding.Of(processes, seed));
        Picture picture = RailDrawing.Create(story);

        Pictures.AssertComplete(story, picture);
        Pictures.AssertNothingOverlaps(picture);
        Pictures.AssertEverythingIsInside(picture);
        Pictures.AssertTextFits(picture);
    }

    [Fact]
    public void Create_FoundingHang_StandsInOneColumnAndSaysWhatEachWaitsFor()
    {
        Picture picture = RailDrawing.Create(Pictures.StoryOf(FoundingHang.Finding));

        Assert.Single(picture.Cards.Select(c => c.Box.X).Distinct());
        Assert.Equal(["waits for exit: wat_program_contracts"], picture.Cards[0].Lines);
        Assert.Equal(["reads A until EOF: spawned"], picture.Cards[1].Lines);
    }

    [Fact]
    public void Create_FoundingHang_FitsAPhone() =>
        Assert.InRange(RailDrawing.Create(Pictures.StoryOf(FoundingHang.Finding)).Width, 200, 366);
}
