using OrphanBoard.Agent.Procfs;

namespace OrphanBoard.Agent.Tests.Procfs;

public sealed class StatmFileTests
{
    [Fact]
    public void TryParseResident_RealText_IsTheSecondField()
    {
        Assert.True(StatmFile.TryParseResident("5342 2113 1498 873 0 1021 0\n"u8, out long pages));
        Assert.Equal(2113, pages);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5342")]
    [InlineData("5342 ")]
    [InlineData("5342 x")]
    [InlineData("5342 -3 1")]
    [InlineData("5342\n2113")]
    public void TryParseResident_AnythingElse_IsRefused(string text) =>
        Assert.False(StatmFile.TryParseResident(System.Text.Encoding.UTF8.GetBytes(text), out _));
}
