using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Tests.Waits;

public sealed class FutexLockTests
{
    private static FutexWait Decode(int operation, uint expected, uint word, uint[]? words, ulong address = 0x7000, int? nsPid = null, FutexMapping? mapping = null)
    {
        var scene = new Scene();
        var memory = new CallMemory { FutexMapping = mapping, FutexWord = word, LockWords = words is null ? null : [.. words] };
        Actor actor = scene.Process(10, "p").Thread(10, 202, "futex_do_wait", memory, [address, (ulong)operation, expected]).Thread(11, 230, "hrtimer_nanosleep", 1);
        if (nsPid is { } pid)
        {
            actor.NsPid = pid;
            actor.With = record => record with { Threads = [record.Threads[0] with { NsTid = pid }, record.Threads[1] with { NsTid = pid + 1 }] };
        }
        ProcessRecord process = actor.Record();
        return WaitDecoder.Decode(Scene.Host, process, process.Threads[0]).Futex!;
    }

    [Theory]
    [InlineData(10, LockHolder.Self)]
    [InlineData(11, LockHolder.Thread)]
    [InlineData(9, LockHolder.Elsewhere)]
    public void Decode_ContendedMutex_SaysWhoHasIt(uint owner, LockHolder holder)
    {
        FutexLock held = Decode(0x80, 2, 2, [2, 0, owner, 1, 0]).Lock!;

        Assert.Equal((LockForm.Mutex, (int)owner, holder), (held.Form, held.OwnerTid, held.Holder));
    }

    [Theory]
    [InlineData(0xf7d8a740, 0x7fff, 0)]
    [InlineData(11, 0, 0)]
    [InlineData(11, 1, 0x400)]
    [InlineData(0, 1, 0)]
    public void Decode_WordsThatAreNoMutex_AreALockWithoutAnOwner(uint owner, uint users, uint kind) =>
        Assert.Equal((LockForm.Bare, 0), (Decode(0x80, 2, 2, [2, 1, owner, users, kind]).Lock!.Form, Decode(0x80, 2, 2, [2, 1, owner, users, kind]).Lock!.OwnerTid));

    /// <summary>A count of those who wait in one cache line, and in the next what they wait for: libstdc++'s for atomics, a barrier, a latch.</summary>
    [Theory]
    [InlineData(0x7040UL, 1U, 0U, null)]
    [InlineData(0x7040UL, 2U, 0U, null)]
    [InlineData(0x7040UL, 0U, 0U, LockForm.Bare)] // nobody is counted as waiting
    [InlineData(0x7040UL, 2U, 7U, LockForm.Bare)] // something else lies between
    [InlineData(0x7040UL, 0x7fff1234U, 0U, LockForm.Bare)]
    [InlineData(0x7044UL, 2U, 0U, LockForm.Bare)] // no cache line begins there
    public void Decode_VersionOfAtomicsThatIsTwoByChance_IsNoLock(ulong address, uint waiters, uint between, LockForm? form)
    {
        uint[] words = [waiters, .. new uint[14], between, 2, 0, 0, 0, 0];

        Assert.Equal(form, Decode(0x80, 2, 2, words[(21 - FutexLock.WordsOf(address, 0x80, 2)!.Value.Count)..], address).Lock?.Form);
    }

    /// <summary>std::atomic waits without the flag for private memory.</summary>
    [Theory]
    [InlineData(0, false, null)]
    [InlineData(0, true, LockForm.Bare)]
    [InlineData(0, null, LockForm.Bare)] // not asked yet
    [InlineData(0x80, false, LockForm.Bare)]
    public void Decode_WordIsTwoInMemoryOfItsOwn_IsALockWhereItIsWaitedForAsLocksAre(int operation, bool? shared, LockForm? form) =>
        Assert.Equal(form, Decode(operation, 2, 2, [2, 1, 0, 0, 0], mapping: shared is { } known ? new FutexMapping(known, 1, 4711) : null).Lock?.Form);

    [Fact]
    public void Decode_MutexAtTheBeginningOfACacheLine_SaysWhoHasIt()
    {
        Assert.Equal((0x7000UL, 21), FutexLock.WordsOf(0x7040, 0x80, 2));
        Assert.Equal((0x7000UL, 5), FutexLock.WordsOf(0x7000, 0x80, 2)); // what lies before may not be mapped
        Assert.Equal((LockForm.Mutex, 11), (Decode(0x80, 2, 2, [.. new uint[16], 2, 0, 11, 1, 0], 0x7040).Lock!.Form, Decode(0x80, 2, 2, [.. new uint[16], 2, 0, 11, 1, 0], 0x7040).Lock!.OwnerTid));
    }

    [Fact]
    public void Decode_InAPidNamespace_TakesTheOwnerForANumberOfIt() =>
        Assert.Equal(LockHolder.Thread, Decode(0x80, 2, 2, [2, 0, 4, 1, 0], nsPid: 3).Lock!.Holder);

    /// <summary>Small numbers stand in locks as well.</summary>
    [Theory]
    [InlineData(30, null, 11)]
    [InlineData(30, true, null)]
    [InlineData(3, null, null)] // not asked yet
    [InlineData(3, false, 11)]
    [InlineData(3, true, null)]
    public void Decode_JoinInAPidNamespace_NamesTheThreadWhereNoLockMaySayTheSame(int nsPid, bool? shared, int? joins) =>
        Assert.Equal(joins, Decode(0x109, (uint)nsPid + 1, (uint)nsPid + 1, null, nsPid: nsPid, mapping: shared is { } known ? new FutexMapping(known, 1, 4711) : null).JoinsTid);

    [Fact]
    public void Decode_PriorityInheritingMutex_HasItsOwnerInTheWord()
    {
        FutexWait futex = Decode(0x86, 0, 0x80000000 | 11, null);

        Assert.Equal((LockForm.PriorityInheriting, 11, false), (futex.Lock!.Form, futex.Lock.OwnerTid, futex.HasChanged));
    }

    [Fact]
    public void Decode_RobustMutex_IsBelievedWhereWordAndOwnerAgree()
    {
        Assert.Equal(11, Decode(0, 0x8000000b, 0x8000000b, [0x8000000b, 1, 11, 1, 0x90]).Lock!.OwnerTid);
        Assert.Null(Decode(0, 0x8000000b, 0x8000000b, [0x8000000b, 1, 12, 1, 0x90]).Lock);
    }

    [Fact]
    public void Decode_ReadWriteLock_NamesItsWriterOrCountsItsReaders()
    {
        Assert.Equal((11, 0), (Decode(0x189, 3, 3, [11, 0, 3, 1, 0, 0, 11, 0]).Lock!.OwnerTid, Decode(0x189, 3, 3, [11, 0, 3, 1, 0, 0, 11, 0]).Lock!.Readers));
        Assert.Equal(2, Decode(0x189, 2, 2, [0x12, 0, 2, 1, 0, 0, 0, 0]).Lock!.Readers);
    }

    [Theory]
    [InlineData(2U, 1U, 1)]
    [InlineData(2U, 0U, null)] // no writer is there: a condition variable, say
    [InlineData(1U, 1U, null)] // nobody waits for the readers to let go
    public void Decode_ReaderThatLetsAWriterGoFirst_WaitsForALockThatIsHeldForReading(uint phase, uint writer, int? readers) =>
        Assert.Equal(readers, Decode(0x189, 14, 14, [14, 0, phase, writer, 0, 0, 0, 0]).Lock?.Readers);

    [Fact]
    public void Decode_Condition_IsNoLock() => Assert.Equal(("wait", null), (Decode(0x189, 0, 0, null).Class, Decode(0x189, 0, 0, null).Lock));

    [Fact]
    public void Decode_WordThatHasAnotherValue_IsAboutToWake() => Assert.True(Decode(0x189, 0, 1, null).HasChanged);
}
