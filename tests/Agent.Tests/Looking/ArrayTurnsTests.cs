using OrphanBoard.Agent.Looking;

namespace OrphanBoard.Agent.Tests.Looking;

public sealed class ArrayTurnsTests
{
    [Fact]
    public void Take_LengthsThatComeAgain_UsesTheSameArrays()
    {
        var turns = new ArrayTurns<string>();
        HashSet<string[]> taken = [];

        for (int look = 0; look < 100; look++)
            taken.Add(turns.Take(1000 + look % 3 % 2));

        Assert.InRange(taken.Count, 3, 8);
    }

    [Fact]
    public void Take_Always_LeavesTheLastTwoAsTheyAre()
    {
        var turns = new ArrayTurns<string>();
        List<string[]> last = [];
        for (int look = 0; look < 50; look++)
        {
            string[] array = turns.Take(2 + look * 7 % 3);
            Assert.DoesNotContain(array, last);
            Array.Fill(array, $"{look}");
            last.Add(array);
            for (int i = 0; i < last.Count; i++)
                Assert.All(last[i], text => Assert.Equal($"{look - last.Count + 1 + i}", text));
            if (last.Count > ArrayTurns<string>.Valid)
                last.RemoveAt(0);
        }
    }

    [Fact]
    public void Take_TwoTurnsLater_HoldsNothingOfTheOldOne()
    {
        var turns = new ArrayTurns<string>();
        string[] old = turns.Take(3);
        Array.Fill(old, "held");

        for (int i = 0; i <= ArrayTurns<string>.Valid; i++)
            turns.Take(4);

        Assert.All(old, Assert.Null);
    }
}
