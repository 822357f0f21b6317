using OrphanBoard.Shared.Diagnosis;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class RuntimeDataTests
{
    [Theory]
    [InlineData("surprise x", "line 1: 'surprise' is no key")]
    [InlineData("# a remark\nown-listener", "line 2: it has no value")]
    [InlineData("service futex any x", "line 1: no runtime was named before")]
    [InlineData("runtime a\nmarked-by A\nservice lunch any x", "line 3: 'lunch' is no kind")]
    [InlineData("runtime a\nmarked-by A\nservice futex sometimes x", "line 3: 'sometimes' is neither")]
    [InlineData("runtime a\nmarked-by A\nservice futex any", "line 3: it is not KIND BOUND COMM")]
    [InlineData("runtime a\nmarked-by A\nservice futex any a-name-of-16-byte", "line 3: a thread's name has")]
    [InlineData("runtime a\nmarked-by-futex 0x20 0x10", "line 2: it is not two addresses")]
    [InlineData("runtime a\nor-by-epoll many", "line 2: it is not a number of events")]
    [InlineData("runtime a\nmarked-by A\ncatches INT KILL", "line 3: 'KILL' is no signal")]
    [InlineData("runtime a\nmarked-by A\nawaits-children gladly", "line 3: children are awaited by-handler or by-thread")]
    [InlineData("runtime a\nmarked-by A\nacts-on-signals never", "line 3: 'never' is no way")]
    [InlineData("runtime a\nmarked-by A\nbell whistle", "line 3: 'whistle' is nothing to ring by")]
    [InlineData("runtime a\nmarked-by A\ntimer ALWAYS", "line 3: 'ALWAYS' is no signal")]
    [InlineData("runtime a\nmarked-by A\nloop forever", "line 3: 'forever' is nothing that a loop does")]
    [InlineData("runtime a\nservice futex any x", "nothing tells runtime a")]
    [InlineData("runtime a\nmarked-by A\nruntime a", "line 3: the runtime has been there already")]
    public void Parse_LineThatIsNotInItsForm_SaysWhich(string text, string why) =>
        Assert.Contains(why, Assert.Throws<InvalidDataException>(() => RuntimeData.Parse(new StringReader(text))).Message);

    [Fact]
    public void Parse_NameWithSpaces_IsTheRestOfTheLine()
    {
        RuntimeData data = RuntimeData.Parse(new StringReader("runtime a\nmarked-by A B\nservice pipe-read endless C D*"));

        RuntimeMarks runtime = Assert.Single(data.Runtimes);
        Assert.Equal("A B", Assert.Single(runtime.Threads));
        Assert.Equal("C D*", Assert.Single(runtime.Services).Comm);
    }

    [Fact]
    public void Parse_SignalsThatARuntimeCatches_AreAMask() =>
        Assert.Equal(1UL << 1 | 1UL << 14, Assert.Single(RuntimeData.Parse(new StringReader("runtime a\nmarked-by A\ncatches INT TERM")).Runtimes).Catches);
}
