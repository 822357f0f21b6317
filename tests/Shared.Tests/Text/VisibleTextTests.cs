using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Tests.Text;

public class VisibleTextTests
{
    [Theory]
    [InlineData("cat", "cat")]
    [InlineData("größe 日本 🐧", "größe 日本 🐧")]
    [InlineData("", "")]
    [InlineData("a\nb\r\tc", @"a\nb\r\tc")]
    [InlineData("\u001b[2J\u001b]0;owned\a", @"\x1b[2J\x1b]0;owned\x07")]
    [InlineData("\u009b31mred", @"\x9b31mred")]
    [InlineData("exe.\u202egpj", @"exe.\u202egpj")]
    [InlineData("\u2066a\u2069\u200f\u200b", @"\u2066a\u2069\u200f\u200b")]
    [InlineData("one\u2028two\u2029", @"one\u2028two\u2029")]
    [InlineData("nul\0del\u007f", @"nul\x00del\x7f")]
    [InlineData("\U000e0041tag", @"\U000e0041tag")]
    [InlineData("\ufffd", "\ufffd")]
    public void Of_AnyText_ShowsWhatActsOnATerminal(string text, string shown) => Assert.Equal(shown, VisibleText.Of(text));

    // An attribute cannot carry half a character.
    [Fact]
    public void Of_LoneSurrogate_ShowsItsNumber() => Assert.Equal(@"lost \ud83d half", VisibleText.Of("lost \ud83d half"));
}
