using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Tests.Waits;

public sealed class LockWaitTests
{
    [Theory]
    [InlineData(1, LockAccess.Read)]
    [InlineData(2, LockAccess.Write)]
    public void Decode_Flock_TellsFileAndAccess(int operation, LockAccess access)
    {
        Wait wait = Decode(new Actor(10, "a", 1).Opens(3, "/one", 5, 1).Thread(10, 73, "locks_lock_inode_wait", 3, (ulong)operation));

        Assert.Equal((WaitKind.FileLock, Bounded.No, "flock:fe:00:5"), (wait.Kind, wait.Bounded, wait.Resource));
        Assert.Equal((LockKind.Flock, access, 0L, long.MaxValue), (wait.Lock!.Kind, wait.Lock.Access, wait.Lock.Start, wait.Lock.End));
    }

    [Theory]
    [InlineData(7, LockKind.Posix)]
    [InlineData(38, LockKind.Ofd)]
    public void Decode_FcntlThatWaits_TellsKindAndRange(int command, LockKind kind)
    {
        Wait wait = Decode(OfFcntl(command, new LockRange(1, 0, 10, 5)));

        Assert.Equal((kind, LockAccess.Write, 10L, 14L), (wait.Lock!.Kind, wait.Lock.Access, wait.Lock.Start, wait.Lock.End));
    }

    [Theory]
    [InlineData(0, 10, long.MaxValue)]
    [InlineData(-4, 6, 9)]
    public void Decode_FcntlRange_GoesToTheEndOrBackwards(long length, long start, long end)
    {
        LockRequest request = Decode(OfFcntl(7, new LockRange(0, 0, 10, length))).Lock!;

        Assert.Equal((start, end), (request.Start, request.End));
    }

    [Fact]
    public void Decode_FcntlRangeFromTheFilesPosition_IsRelative() => Assert.True(Decode(OfFcntl(7, new LockRange(0, 1, 0, 1))).Lock!.IsRelative);

    [Theory]
    [InlineData(73, "request_wait_answer")]
    [InlineData(72, "nlmclnt_block")]
    [InlineData(220, "folio_wait_bit_common")]
    [InlineData(243, "do_wait")]
    public void Decode_CallInAnotherChannel_IsUnknown(int call, string wchan) =>
        Assert.Equal(WaitKind.Unknown, Decode(new Actor(10, "a", 1).Opens(3, "/one", 5, 1).Thread(10, call, wchan, 3, 7)).Kind);

    [Theory]
    [InlineData(220, "__do_semtimedop", 3, WaitKind.SysvSemaphore)]
    [InlineData(243, "wq_sleep.constprop.0", 4, WaitKind.PosixQueue)]
    public void Decode_CallWithATimeout_IsBoundedByIt(int call, string wchan, int timeout, WaitKind kind)
    {
        ulong[] args = [3, 0, 0, 0, 0, 0];
        Assert.Equal((kind, Bounded.No), KindOf());
        args[timeout] = 0x1000;
        Assert.Equal((kind, Bounded.Yes), KindOf());

        (WaitKind, Bounded) KindOf()
        {
            Wait wait = Decode(new Actor(10, "a", 1).Has(3, "/queue", FdAccess.ReadWrite).Thread(10, call, wchan, args));
            return (wait.Kind, wait.Bounded);
        }
    }

    [Theory]
    [InlineData(0, 9, LockAccess.Read, false)] // beside it
    [InlineData(5, 20, LockAccess.Read, false)] // both shared
    [InlineData(5, 20, LockAccess.Write, true)]
    public void ConflictsWith_RangeAndAccess_Decide(long start, long end, LockAccess access, bool conflicts) => Assert.Equal(
        conflicts,
        new LockRequest(LockKind.Posix, LockAccess.Read, 10, 14).ConflictsWith(new FileLock(1, false, LockKind.Ofd, access, -1, 1, 1, start, end)));

    private static Actor OfFcntl(int command, LockRange range) => new Actor(10, "a", 1).Opens(3, "/one", 5, 1)
        .Thread(10, 72, "fcntl_setlk", new CallMemory { LockRange = range }, [3, (ulong)command, 0x1000]);

    private static Wait Decode(Actor actor)
    {
        ProcessRecord record = actor.Record();
        return WaitDecoder.Decode(Scene.Host, record, record.Threads[0]);
    }
}
