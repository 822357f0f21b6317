using OrphanBoard.Board.Tests.Examples;
using OrphanBoard.Server.Board.Drawing;

namespace OrphanBoard.Board.Tests.Drawing;

public sealed class LayeredDrawingTests
{
    public static TheoryData<int, int> Sizes()
    {
        var sizes = new TheoryData<int, int>();
        for (int processes = 1; processes <= 60; processes += processes < 8 ? 1 : 13)
        {
            for (int seed = 0; seed < 4; seed++)
                sizes.Add(processes, seed);
        }
        return sizes;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Create_AnyFinding_DrawsAllOfItAndNothingOverlaps(int processes, int seed)
    {
        Story story = Pictures.StoryOf(RandomFinding.Of(processes, seed));
        Picture picture = LayeredDrawing.Create(story);

        Pictures.AssertComplete(story, picture);
        Pictures.AssertNothingOverlaps(picture);
        Pictures.AssertEverythingIsInside(picture);
        Pictures.AssertTextFits(picture);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Create_AnyFinding_NoLineRunsThroughACardAPillOrALabel(int processes, int seed)
    {
        Picture picture = LayeredDrawing.Create(Pictures.StoryOf(RandomFinding.Of(processes, seed)));
        Box[] solids = [.. picture.Cards.Select(c => c.Box), .. picture.Pills.Select(p => p.Box), .. picture.Lines.Where(l => l.Label is not null).Select(l => l.Label!.Box)];

        foreach (LineShape line in picture.Lines)
        {
            foreach (Point point in Pictures.Along(line))
            {
                foreach (Box box in solids)
                {
                    if (Pictures.Inside(box, point, 1))
                        Assert.Fail($"the line {string.Join(" ", line.Points)} of {line.Kind} {line.Subject} at {point} crosses {box}");
                }
            }
        }
    }

    [Fact]
    public void Create_FoundingHang_RunsFromTheRunnerToTheChild()
    {
        Story story = Pictures.StoryOf(FoundingHang.Finding);
        Picture picture = LayeredDrawing.Create(story);

        double X(int pid) => picture.Cards.Single(c => c.Process.Pid == pid).Box.X;
        Assert.True(X(FoundingHang.Runner) < X(FoundingHang.Test));
        Assert.True(X(FoundingHang.Test) < X(FoundingHang.Child));
        Assert.Equal(6, picture.Pills.Length);
    }

    [Fact]
    public void Create_FoundingHang_ArrowsOfDataPointFromWriterToReader()
    {
        Story story = Pictures.StoryOf(FoundingHang.Finding);
        Picture picture = LayeredDrawing.Create(story);

        foreach (LineShape line in picture.Lines.Where(l => l.Kind == LineKind.Data))
        {
            StoryPort port = story.Ports[line.Subject];
            CardShape card = picture.Cards.Single(c => c.Index == port.Process);
            bool pointsAtCard = line.Heads.Single() is var head && (Math.Abs(head.Tip.X - card.Box.X) < 1 || Math.Abs(head.Tip.X - card.Box.Right) < 1);
            Assert.Equal(port.Reads, pointsAtCard);
        }
    }

    [Fact]
    public void Create_WaitForItself_IsALoopOnTheCard()
    {
        var finding = FoundingHang.Finding with { Edges = [new(new(FoundingHang.Child, FoundingHang.Child), 0, "Futex", "futex:0x1", [new(FoundingHang.Child, null, false)], Shared.Findings.EdgeBasis.Proven)] };
        Picture picture = LayeredDrawing.Create(Pictures.StoryOf(finding));

        LineShape loop = picture.Lines.Single(l => l.Kind == LineKind.Wait);
        Box card = picture.Cards.Single(c => c.Process.Pid == FoundingHang.Child).Box;
        Assert.Equal(card.Y, loop.Points[0].Y);
        Assert.Equal(card.Y, loop.Points[^1].Y);
        Assert.Equal("waits for itself", loop.Label?.Text);
    }

    [Fact]
    public void Create_SameFindingTwice_IsTheSamePicture()
    {
        string First() => string.Join('\n', LayeredDrawing.Create(Pictures.StoryOf(RandomFinding.Of(17, 5))).Lines.Select(Svg.Path));
        Assert.Equal(First(), First());
    }

    [Fact]
    public void Create_NothingToDraw_IsEmpty()
    {
        var finding = FoundingHang.Finding with { Participants = [], Edges = [], Culprit = null, Culprits = [] };
        Assert.Empty(LayeredDrawing.Create(Pictures.StoryOf(finding)).Cards);
    }
}
