using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Tests.Waits;

/// <summary>What the words around a futex show it to be, and look-alikes of it.</summary>
public sealed class FutexSortTests
{
    private const ulong Address = 0x7000_0040;

    private const int Forever = 0x189, Plain = 0x80, Private = 0x80;

    /// <summary>pthread_cond_t: sequences of waiters and groups, references, sizes, __wrefs.</summary>
    private static readonly uint[] Condition = [2, 0, 0, 0, 2, 0, 0, 0, 0, 8], Nothing = [0, 0, 7, 0, 2, 0, 0, 0, 0, 0];

    [Fact]
    public void Class_SemaphoreThatIsWaitedFor_IsTold() => Assert.Equal("semaphore", Of(Forever, 0, [.. Nothing, 0, 1, 0]));

    [Fact]
    public void Class_SemaphoreOfSeveralProcesses_IsTold() => Assert.Equal("semaphore-shared", Of(Forever & ~Private, 0, [.. Nothing, 0, 2, 0x80]));

    [Fact]
    public void Class_SemaphoreAtThePagesBeginning_IsToldByWhatIsThere()
    {
        Assert.Equal((0x7000_0000UL, 3), FutexLock.AnyWordsOf(0x7000_0000, Forever, 0));
        Assert.Equal("semaphore", Of(Forever, 0, [0, 1, 0]));
    }

    [Theory]
    [InlineData(0, 1, 0x80)]
    [InlineData(1, 1, 0)]
    [InlineData(0, 0, 0)]
    public void Class_WordsOfNoSemaphore_AreAnyWait(uint value, uint waiters, uint shared) => Assert.Equal("wait", Of(Forever, 0, [.. Nothing, value, waiters, shared]));

    [Fact]
    public void Class_ConditionVariableThatWasSignalledBefore_IsNoSemaphore() => Assert.Equal("wait", Of(Forever, 0, [.. Condition, 0, 1, 0]));

    // in, current_round, count, shared, out
    [Theory]
    [InlineData(new uint[] { 1, 0, 2, 0, 0 }, "barrier")]
    [InlineData(new uint[] { 2, 0, 2, 0, 0 }, "wait")]
    [InlineData(new uint[] { 0, 0, 2, 0, 0 }, "wait")]
    [InlineData(new uint[] { 1, 0, 2, 0x80, 0 }, "wait")]
    public void Class_BarrierThatLacksSomebody_IsTold(uint[] words, string sort) => Assert.Equal(sort, Of(Plain, 0, words, Address + 4));

    private static string Of(int operation, uint expected, uint[] words, ulong address = Address)
    {
        var memory = new CallMemory { FutexWord = expected, LockWords = [.. words] };
        ProcessRecord record = new Actor(10, "a", 1).Thread(10, 202, "futex_do_wait", memory, [address, (ulong)operation, expected, 0]).Record();
        Wait wait = WaitDecoder.Decode(Scene.Host, record, record.Threads[0]);
        return wait.Futex!.Class;
    }
}
