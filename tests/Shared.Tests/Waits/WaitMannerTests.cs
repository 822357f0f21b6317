using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Tests.Waits;

public sealed class WaitMannerTests
{
    // msgsnd(2) 69: id, text, length, flags; msgrcv(2) 70: id, text, length, type, flags
    [Theory]
    [InlineData(69, 0, "send")]
    [InlineData(70, 0, "receive")]
    [InlineData(70, 7, "receive-type")]
    public void Of_MessageQueue_TellsWhichWay(long call, ulong fourth, string manner) =>
        Assert.Equal(manner, Of(new Actor(10, "a", 1).Thread(10, call, call == 69 ? "do_msgsnd" : "do_msgrcv", 3, 0x1000, 16, fourth, 0), WaitKind.SysvMessage));

    // mq_timedsend(2) 242, mq_timedreceive(2) 243
    [Theory]
    [InlineData(242, "send")]
    [InlineData(243, "receive")]
    public void Of_PosixQueue_TellsWhichWay(long call, string manner) =>
        Assert.Equal(manner, Of(new Actor(10, "a", 1).Has(3, "/queue", FdAccess.ReadWrite).Thread(10, call, "wq_sleep", 3, 0x1000, 16, 0, 0), WaitKind.PosixQueue));

    // openat(2) 257: directory, path, flags; open(2) 2: path, flags; creat(2) 85: path, mode
    [Theory]
    [InlineData(257, 2, 0, "read")]
    [InlineData(257, 2, 1, "write")]
    [InlineData(2, 1, 1 | 0x80000, "write")]
    [InlineData(85, 1, 0x1b6, "write")] // 0666, as tar makes its archive
    public void Of_FifoThatIsOpened_TellsWhichEnd(long call, int flagsAt, ulong flags, string manner)
    {
        ulong[] arguments = [0, 0, 0, 0];
        arguments[flagsAt] = flags;

        Assert.Equal(manner, Of(new Actor(10, "a", 1).Thread(10, call, "wait_for_partner", arguments), WaitKind.FifoOpen));
    }

    // recvfrom(2) 45: fd, buffer, length, flags; recvmsg(2) 47: fd, message, flags
    [Theory]
    [InlineData(45, 3, 0x100, "all")]
    [InlineData(47, 2, 0x100, "all")]
    [InlineData(45, 3, 0, null)]
    public void Of_ReceiveThatTakesNoLess_SaysSo(long call, int flagsAt, ulong flags, string? manner)
    {
        ulong[] arguments = [3, 0x1000, 0, 0, 0];
        arguments[flagsAt] = flags;

        Assert.Equal(manner, Of(new Actor(10, "a", 1).Socket(3, 5).Thread(10, call, "unix_stream_read_generic", arguments), WaitKind.SocketRead));
    }

    // flock(2) 73, fcntl(2) 72 with F_SETLKW 7, F_OFD_SETLKW 38
    [Theory]
    [InlineData(73, 2, "flock")]
    [InlineData(73, 1, "flock-shared")]
    [InlineData(72, 7, "posix")]
    [InlineData(72, 38, "ofd")]
    public void Of_FileLock_TellsWhichSort(long call, ulong second, string manner)
    {
        var memory = new CallMemory { LockRange = new LockRange(1, 0, 0, 0) };
        Assert.Equal(manner, Of(new Actor(10, "a", 1).Opens(3, "/one", 5, 1).Thread(10, call, call == 73 ? "locks_lock_inode_wait" : "fcntl_setlk", memory, [3, second, 0x1000]), WaitKind.FileLock));
    }

    [Theory]
    [InlineData(-1, "any")]
    [InlineData(42, "one")]
    [InlineData(-42, "group")]
    public void Of_WaitForChildren_TellsWhich(int child, string manner) => Assert.Equal(manner, Of(new Actor(10, "a", 1).WaitsFor(child), WaitKind.ChildWait));

    [Theory]
    [InlineData("/dev/pts/ptmx", "master")]
    [InlineData("/dev/pts/3", null)]
    public void Of_Terminal_TellsTheMaster(string side, string? manner) =>
        Assert.Equal(manner, Of(new Actor(10, "a", 1).Has(3, side, FdAccess.ReadWrite).Thread(10, 0, "wait_woken", 3, 0x1000, 1), WaitKind.Tty));

    /// <summary>pthread_mutex_t: lock, count, owner, users, kind.</summary>
    [Theory]
    [InlineData(10, 0x80, "lock-own")]
    [InlineData(10, 0, "lock-own-shared")]
    [InlineData(11, 0x80, "lock-held")]
    [InlineData(99, 0x80, "lock-elsewhere")]
    [InlineData(9, 0x80, "lock-inherited")]
    [InlineData(9, 0, "lock-shared")]
    public void Of_Mutex_TellsWhoHasIt(uint owner, ulong operation, string manner)
    {
        var memory = new CallMemory { FutexWord = 2, LockWords = [2, 0, owner, 1, 0] };
        Actor actor = new Actor(10, "a", 1).Thread(10, 202, "futex_do_wait", memory, [0x7000, operation, 2, 0]).Thread(11, 34, "__do_sys_pause");

        Assert.Equal(manner, Of(actor, WaitKind.Futex));
    }

    private static string? Of(Actor actor, WaitKind kind)
    {
        ProcessRecord record = actor.Record();
        Wait wait = WaitDecoder.Decode(Scene.Host, record, record.Threads[0]);
        Assert.Equal(kind, wait.Kind);
        return WaitManner.Of(wait);
    }
}
