using OrphanBoard.Agent.Streaming;

namespace OrphanBoard.Agent.Tests.Streaming;

public class BackoffTests
{
    [Fact]
    public void Next_LongestDraws_DoubleUpToTheBound()
    {
        var backoff = new Backoff(new Draws(1));

        Assert.Equal([1, 2, 4, 8, 16, 30, 30], Enumerable.Range(0, 7).Select(_ => backoff.Next().TotalSeconds));
    }

    [Fact]
    public void Next_ShortestDraw_IsAtOnce() => Assert.Equal(TimeSpan.Zero, new Backoff(new Draws(0)).Next());

    [Fact]
    public void Reset_AfterMany_BeginsAgain()
    {
        var backoff = new Backoff(new Draws(1));
        backoff.Next();
        backoff.Next();

        backoff.Reset();

        Assert.Equal(1, backoff.Next().TotalSeconds);
    }

    private sealed class Draws(double value) : Random
    {
        public override double NextDouble() => value;
    }
}
