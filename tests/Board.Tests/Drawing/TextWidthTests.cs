using OrphanBoard.Server.Board.Drawing;

namespace OrphanBoard.Board.Tests.Drawing;

public sealed class TextWidthTests
{
    [Fact]
    public void Fit_TextThatFits_IsUnchanged() => Assert.Equal("runner", TextWidth.Fit("runner", 200, 13));

    [Theory]
    [InlineData("a_rather_long_command_name", 60)]
    [InlineData("\u202e\u202e\u202e\u202e\u202e", 60)]
    [InlineData("漢字漢字漢字漢字", 40)]
    [InlineData("😀😀😀😀😀😀", 50)]
    public void Fit_TextThatDoesNotFit_IsCutToTheWidth(string text, double width)
    {
        string fitted = TextWidth.Fit(text, width, 13);
        Assert.EndsWith("…", fitted);
        Assert.InRange(TextWidth.Of(fitted, 13), 1, width);
        Assert.False(char.IsHighSurrogate(fitted[^2]));
    }

    [Fact]
    public void Fit_HostileText_ShowsEscapes() => Assert.Equal("a\\u202eb", TextWidth.Fit("a\u202eb", 200, 13));
}
