using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using static OrphanBoard.Shared.Tests.Diagnosis.FutexScenes;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Locks for reading, and others that no word gives to anybody.</summary>
public sealed class UnnamedLockTests
{
    /// <summary>One has read the lock that the other wants to write, and wants the mutex of that one.</summary>
    [Fact]
    public void Diagnose_ReaderWantsTheMutexOfTheWriterWhoWaitsForIt_IsALockOrderCycle()
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "p");
        Locks(actor, 10, A, 11);
        // A pthread_rwlock_t whose one reader is waited for: readers 1 << 3, writers 1, wrphase_futex 3.
        actor.Thread(11, 202, "futex_do_wait", new CallMemory { FutexWord = 3, LockWords = [8, 1, 3, 0, 0, 0, 0, 0] }, [B, 0x189, 3]);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("lock-order-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Contains("thread p (10) waits for the mutex at 0x7100, which thread p (11) has.", finding.Explanation);
    }

    /// <summary>A pthread_rwlock_t that is held for reading and that somebody wants to write: readers in the first word above three flags, writers 1, wrphase_futex 3.</summary>
    private static Actor WantsToWrite(Actor actor, int tid, ulong address, int readers, bool shared) => actor.Thread(
        tid, 202, "futex_do_wait",
        new CallMemory { FutexWord = 3, LockWords = [(uint)readers << 3, 1, 3, 0, 0, 0, 0, shared ? 1u : 0], FutexMapping = shared ? Mapping : null }, [address, shared ? 0x109UL : 0x189, 3]);

    [Theory]
    [InlineData(A, B, 1)] // each has read the other's
    [InlineData(A, A, 2)] // both have read it, and want to write
    public void Diagnose_ProcessesThatWantToWriteWhatOnlyTheyCanHaveRead_AreALockOrderCycle(ulong one, ulong other, int readers)
    {
        var scene = new Scene();
        scene.Process(9, "parent").WaitsFor(-1);
        WantsToWrite(scene.Process(10, "first", parent: 9), 10, one, readers, shared: true);
        WantsToWrite(scene.Process(11, "second", parent: 9), 11, other, readers, shared: true);

        Finding finding = Assert.Single(Diagnose(scene, Anonymous(9, 10, 11)).Findings);

        Assert.Equal(("lock-order-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal([10, 11], finding.Culprits.Select(culprit => culprit.Pid));
    }

    [Theory]
    [InlineData(8U, "self-deadlock")]
    [InlineData(16U, "lock-order-cycle")] // both read it
    public void Diagnose_ReaderThatReadsAgainBehindAWriterThatGoesFirst_HasItItself(uint readers, string rule)
    {
        // Writers are preferred: it waits at the first word, in which it is counted once.
        var scene = new Scene();
        Actor actor = scene.Process(10, "p").Thread(10, 202, "futex_do_wait", new CallMemory { FutexWord = readers | 6, LockWords = [readers | 6, 0, 2, 1, 0, 0, 0, 0] }, [A - 8, 0x189, readers | 6]);
        actor.Thread(11, 202, "futex_do_wait", new CallMemory { FutexWord = 2, LockWords = [readers | 6, 0, 2, 1, 0, 0, 0, 0] }, [A, 0x189, 2]);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal((rule, Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Contains("read-write lock", finding.Explanation.Concat([finding.Summary]).Aggregate(string.Concat), StringComparison.Ordinal);
    }

    /// <summary>Workers that take turns at a queue under a lock, and who drops the pool before the queue.</summary>
    [Fact]
    public void Diagnose_OwnerByItsLooksIsJoined_WhoJoinsItMayBeWhoIsToSignal()
    {
        var scene = new Scene();
        Joins(scene.Process(10, "p"), 10, 11).Thread(11, 202, "futex_do_wait", B, 0x89, 0xffffffff).Thread(12, 202, "futex_do_wait", A, 0x89, 2);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("lock-held-by-stuck", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.EndsWith("and thread p (12) waits for the lock at 0x7100; one of these has to end that, or thread p (10), which waits for its thread 11 to end.", finding.Summary, StringComparison.Ordinal);
        Assert.Equal("If thread p (10) is who has to end what thread p (11) waits for: it ends when that is done before thread p (10) waits for its thread 11 to end.", finding.Culprits[1].Remedy);
    }

    /// <summary>Rust's main thread is parked until the threads of a scope have ended.</summary>
    [Fact]
    public void Diagnose_TwoWantTwoLocksAndAnotherIsToBeSignalled_AreALockOrderCycle()
    {
        var scene = new Scene();
        scene.Process(10, "p").Thread(10, 202, "futex_do_wait", 0x9000, 0x89, 0xffffffff).Thread(11, 202, "futex_do_wait", A, 0x89, 2).Thread(12, 202, "futex_do_wait", B, 0x89, 2);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("lock-order-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Contains("or who waits for them,", finding.Summary, StringComparison.Ordinal);
        Assert.Contains("No word says who has these locks: one of them, or thread p (10), which waits to be signalled, or one that has exited without unlocking it.", finding.Notes);
    }

    [Fact]
    public void Diagnose_BothReadAndWantToWrite_AreToldOfOneLock()
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "p").Thread(10, 202, "futex_do_wait", new CallMemory { FutexWord = 3, LockWords = [0x10, 1, 3, 3, 0, 0, 0, 0] }, [A + 8, 0x189, 3]);
        actor.Thread(11, 202, "futex_do_wait", new CallMemory { FutexWord = 3, LockWords = [0x10, 1, 3, 3, 0, 0, 0, 0] }, [A + 12, 0x189, 3]);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("lock-order-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal("thread p (10) and thread p (11) of p (10) read under the read-write lock at 0x7100 and want to write under it: each waits for the others to let go.", finding.Summary);
    }

    [Fact]
    public void Diagnose_ThreadWaitsToBeSignalledByOneThatWantsALockWithoutAnOwner_HasItByItsLooks()
    {
        var scene = new Scene();
        scene.Process(10, "p").Thread(10, 202, "futex_do_wait", B, 0x189, 0).Thread(11, 202, "futex_do_wait", A, 0x89, 2);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("lock-held-by-stuck", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.StartsWith("In p (10) thread p (10) has, by its looks, the lock at 0x7100 while it waits to be signalled", finding.Summary, StringComparison.Ordinal);
        Assert.Contains("thread p (11) waits for the lock at 0x7100.", finding.Explanation);
    }

    [Fact]
    public void Diagnose_TwoThreadsThatMayHaveALockWaitToBeSignalled_NeitherIsSaidToHaveIt()
    {
        var scene = new Scene();
        scene.Process(10, "p").Thread(10, 202, "futex_do_wait", B, 0x189, 0).Thread(11, 202, "futex_do_wait", A, 0x89, 2).Thread(12, 202, "futex_do_wait", B, 0x189, 0);

        Assert.Equal("stuck-set", Assert.Single(Diagnose(scene).Findings).Rule);
    }

    [Theory]
    [InlineData(null, "lock-held-by-stuck")]
    [InlineData(7100, "stuck-set")] // another one has the memory and may have the lock just as well
    public void Diagnose_ReaderOfASharedLockWaitsForWhoWantsToWriteIt_IsToldToLetGo(int? pipe, string rule)
    {
        var scene = new Scene();
        WantsToWrite(scene.Process(10, "parent").WriteEnd(7000, 4), 10, A, 1, shared: true);
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 3).Reads(3);
        if (pipe is { } own)
        {
            scene[10].WriteEnd(own, 5);
            scene.Process(12, "second", parent: 10).ReadEnd(own, 3).Reads(3);
        }

        Finding finding = Assert.Single(Diagnose(scene, pipe is null ? Anonymous(10, 11) : Anonymous(10, 11, 12)).Findings);

        Assert.Equal((rule, Confidence.Proven), (finding.Rule, finding.Confidence));
        if (pipe is not null)
            return;
        Assert.StartsWith("child (11) has, by its looks, the read-write lock at 0x70f8 while it reads pipe 7000", finding.Summary, StringComparison.Ordinal);
        Assert.Equal(
            (11, "futex:0x7100", "It ends when child (11) lets go of the read-write lock at 0x70f8 before it waits; or, if parent (10) has it already, when that lets go of it before it locks it again."),
            (finding.Culprit!.Pid, finding.Culprit.Resource, finding.Culprit.Remedy));
        Assert.Contains("No word says who has this lock: child (11), or parent (10), or one that has exited without unlocking it.", finding.Notes);
    }

    [Fact]
    public void Diagnose_ReaderOfTheSharedLockIsAtWork_IsHealthy()
    {
        var scene = new Scene();
        WantsToWrite(scene.Process(10, "first"), 10, A, 1, shared: true);
        WantsToWrite(scene.Process(11, "second"), 11, B, 1, shared: true);
        scene.Process(12, "reader").Sleeps();

        Assert.Empty(Diagnose(scene, Anonymous(10, 11, 12)).Findings);
    }

    [Fact]
    public void Diagnose_ThreadsThatWantToWriteWhatTheOtherHasRead_AreALockOrderCycleThoughAnotherJoinsThem()
    {
        var scene = new Scene();
        WantsToWrite(WantsToWrite(Joins(scene.Process(10, "p"), 10, 11), 11, A, 1, shared: false), 12, B, 1, shared: false);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal("lock-order-cycle", finding.Rule);
        Assert.Contains("No word says who has these locks: one of them, or thread p (10), which waits for others to end, or one that has exited without unlocking it.", finding.Notes);
    }

    [Theory]
    [InlineData(true, "the lock at 0x7100")] // of Rust's std, say
    [InlineData(false, "the read-write lock at 0x70f8")]
    public void Diagnose_OneThatIsJoinedWantsALockThatNoWordGivesToAnybody_WhoJoinsItHasItOrItself(bool bare, string lockName)
    {
        var scene = new Scene();
        Actor actor = Joins(scene.Process(10, "p"), 10, 11);
        _ = bare ? actor.Thread(11, 202, "futex_do_wait", A, 0x89, 2) : WantsToWrite(actor, 11, A, 1, shared: false);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("join-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal($"In p (10) thread p (10) waits for thread p (11) to end, and thread p (11) waits for {lockName}, which only they can have.", finding.Summary);
        Assert.Equal(
            (10, "futex:0x7100", $"It ends when thread p (10) lets go of {lockName} before it waits for thread p (11); or, if thread p (11) has it already, when that lets go of it before it locks it again."),
            (finding.Culprit!.Pid, finding.Culprit.Resource, finding.Culprit.Remedy));
        Assert.Contains("No word says who has this lock: thread p (10), or thread p (11), or one that has exited without unlocking it.", finding.Notes);
    }

    [Fact]
    public void Diagnose_SeveralWantALockAndTwoJoin_AnyOfThemMayHaveIt()
    {
        var scene = new Scene();
        Joins(Joins(scene.Process(10, "p"), 10, 11), 11, 12).Thread(12, 202, "futex_do_wait", A, 0x89, 2).Thread(13, 202, "futex_do_wait", A, 0x89, 2);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("join-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Contains("which only they, or thread p (10), which waits for others to end, can have.", finding.Summary, StringComparison.Ordinal);
        Assert.Contains("if one of thread p (12) and thread p (13) has it already", finding.Culprit!.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Diagnose_OneThatIsJoinedWantsALockAndAnotherIsAtWork_IsHealthy()
    {
        var scene = new Scene();
        Joins(scene.Process(10, "p"), 10, 11).Thread(11, 202, "futex_do_wait", A, 0x89, 2).Sleeps();

        Assert.Empty(Diagnose(scene).Findings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // another child wants the same
    public void Diagnose_ChildWantsToWriteWhatItsParentMayHaveRead_TheParentThatWaitsForItIsToBlame(bool sibling)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsFor(-1);
        WantsToWrite(scene.Process(11, "child", parent: 10), 11, A, 1, shared: true);
        if (sibling)
            WantsToWrite(scene.Process(12, "other", parent: 10), 12, A, 1, shared: true);

        Finding finding = Assert.Single(Diagnose(scene, sibling ? Anonymous(10, 11, 12) : Anonymous(10, 11)).Findings);

        string mayHave = sibling ? "parent (10) or other (12)" : "parent (10)";
        Assert.Equal(("child-never-exits", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal($"parent (10) waits for its child child (11) to exit, and child (11) waits for the read-write lock at 0x70f8, which only {mayHave}, or child (11) itself, can have.", finding.Summary);
        Assert.Equal(
            (10, "futex:0x7100", "It ends when parent (10) lets go of the read-write lock at 0x70f8 before it waits for child (11); or, if child (11) has it already, when that lets go of it before it locks it again."),
            (finding.Culprit!.Pid, finding.Culprit.Resource, finding.Culprit.Remedy));
        Assert.Contains($"No word says who has this lock: {mayHave}, or child (11), or one that has exited without unlocking it.", finding.Notes);
    }

    [Fact]
    public void Diagnose_ChildWantsALockOfItsOwnMemory_HasItItselfThoughItsParentWaitsForIt()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsFor(11);
        scene.Process(11, "child", parent: 10).Thread(11, 202, "futex_do_wait", A, 0x89, 2);

        Assert.Equal("self-deadlock", Assert.Single(Diagnose(scene).Findings).Rule);
    }

    [Theory]
    [InlineData(10, 10, "It ends when parent (10) lets go of the mutex at 0x7100 before it waits for child (11).")]
    [InlineData(12, 11, "It ends when child (11) exits.")] // who has it is gone, or of no part
    public void Diagnose_ChildWantsTheSharedMutexOfTheParentThatWaitsForIt_TheParentIsToBlame(int owner, int culprit, string remedy)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsFor(11);
        Locks(scene.Process(11, "child", parent: 10), 11, A, owner, shared: true);
        scene.Process(12, "other").Sleeps();

        Finding finding = Assert.Single(Diagnose(scene, Anonymous(10, 11)).Findings);

        Assert.Equal(("child-never-exits", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal((culprit, "futex:0x7100", remedy), (finding.Culprit!.Pid, finding.Culprit.Resource, finding.Culprit.Remedy));
    }
}
