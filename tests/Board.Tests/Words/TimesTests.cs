using OrphanBoard.Server.Board.Words;

namespace OrphanBoard.Board.Tests.Words;

public sealed class TimesTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 18, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-3, "0 s")]
    [InlineData(8, "8 s")]
    [InlineData(2820, "47 min")]
    [InlineData(3600, "1 h")]
    [InlineData(11100, "3 h 5 min")]
    [InlineData(86400, "1 d")]
    [InlineData(187200, "2 d 4 h")]
    public void Span_Seconds_AreSaidAsPeopleDo(double seconds, string said) => Assert.Equal(said, Times.Span(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, "today")]
    [InlineData(1, "yesterday")]
    [InlineData(3, "Friday")]
    [InlineData(10, "8 May")]
    [InlineData(365, "18 May 2025")]
    public void Day_DaysAgo_IsNamed(int days, string said) => Assert.Equal(said, Times.Day(Now.AddDays(-days), Now));
}
