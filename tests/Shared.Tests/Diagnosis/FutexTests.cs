using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using static OrphanBoard.Shared.Tests.Diagnosis.FutexScenes;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class FutexTests
{
    [Theory]
    [InlineData(0UL, true)]
    [InlineData(0x80UL, false)] // private: it waits for itself alone
    public void Suspects_WaiterInMemoryNotKnownThatCatchesSignals_IsOneWhereOthersMayHaveIt(ulong flag, bool asked)
    {
        Scene scene = new();
        Actor actor = scene.Process(10, "worker").Thread(10, 202, "futex_do_wait", A, 0x109 | flag, 0);
        actor.Caught = SignalMask.Interrupt;
        Snapshot look = scene.Look();

        Assert.Equal(asked, Diagnoser.Suspects(look, new LookMemory().Advance(look)).Contains(10));
    }

    [Theory]
    [InlineData("/usr/bin/python3.11", SignalMask.Interrupt, false, null, true)]
    [InlineData("/usr/bin/python3.11", SignalMask.Interrupt | SignalMask.Terminate, false, null, false)] // a handler of its own
    [InlineData("/usr/bin/server", SignalMask.Interrupt, false, null, false)]
    [InlineData("/usr/bin/python3.11", SignalMask.Interrupt, true, null, false)] // anybody may map it
    [InlineData("/usr/bin/python3.11", SignalMask.Interrupt, false, 11, false)] // a worker at work has it
    public void Diagnose_LastOneInMemoryThatWasMadeForOthers_IsSuspected(string exe, ulong caught, bool linked, int? other, bool told)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "pool").Thread(10, 202, "futex_do_wait", new CallMemory { FutexWord = 0, FutexMapping = Mapping }, [A, 0x109, 0]);
        actor.Thread(12, 202, "futex_do_wait", B, 0x189, 0);
        actor.Caught = caught;
        actor.With = record => record with { Exe = exe };
        scene.Process(11, "worker", parent: 10).Sleeps();
        ImmutableArray<int> mappers = other is { } worker ? [10, worker] : [10];

        Finding[] findings = [.. Diagnose(scene, new SharedObject(1, 4711, linked ? "/dev/shm/sem.one" : "/dev/shm/sem.one (deleted)", linked, mappers, [])).Findings];

        Assert.Equal(told ? [("lost-wakeup", Confidence.Suspected)] : [], findings.Select(finding => (finding.Rule, finding.Confidence)));
    }

    [Fact]
    public void Diagnose_ThreadBesideThoseThatJoinEachOtherIdlesAtAPipe_ChangesNeitherRuleNorShape()
    {
        Finding alone = Assert.Single(JoinCrosswise(beside: false).Diagnose().Findings), finding = Assert.Single(JoinCrosswise(beside: true).Diagnose().Findings);

        Assert.Equal(("join-cycle", alone.Fingerprint.Shape), (finding.Rule, finding.Fingerprint.Shape));

        static Scene JoinCrosswise(bool beside)
        {
            var scene = new Scene();
            Actor process = scene.Process(10, "p");
            Joins(process, 10, 11);
            Joins(process, 11, 12);
            Joins(process, 12, 11);
            if (beside)
                process.ReadEnd(7000, 3).WriteEnd(7000, 4).Thread(13, 0, "anon_pipe_read", 3, 0x1000, 4096);
            return scene;
        }
    }

    [Theory]
    [InlineData("pipe")]
    [InlineData("eventfd")]
    [InlineData("a pipe in a set")]
    public void Diagnose_ThreadBesideThemThatIdlesAtSomethingOfItsOwnProcess_ChangesNeitherRuleNorShape(string at)
    {
        Scene scene = CrosswiseIn(10, living: false);
        Actor process = scene[10];
        _ = at switch
        {
            "pipe" => process.ReadEnd(7000, 3).WriteEnd(7000, 4).Thread(12, 0, "anon_pipe_read", 3, 0x1000, 4096),
            "eventfd" => process.EventFd(1, 3).Thread(12, 0, "do_wait_intr_irq", 3, 0x1000, 8),
            _ => process.ReadEnd(7000, 3).WriteEnd(7000, 4).Polls(3),
        };

        Finding alone = Assert.Single(CrosswiseIn(10, living: false).Diagnose().Findings), finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("lock-order-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal(alone.Fingerprint.Shape, finding.Fingerprint.Shape);
    }

    [Fact]
    public void Diagnose_TwoThreadsCrosswise_IsALockOrderCycle()
    {
        Finding finding = Assert.Single(Diagnose(CrosswiseIn(10, living: false)).Findings);

        Assert.Equal(("lock-order-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal((10, null, "futex:0x7100"), (finding.Culprit!.Pid, finding.Culprit.Fd, finding.Culprit.Resource));
        Assert.Contains("thread p (10) waits for the mutex at 0x7100, which thread p (11) has.", finding.Explanation);
    }

    [Fact]
    public void Diagnose_TwoThreadsCrosswiseAndOneMoreSleeps_IsLikely()
    {
        Finding finding = Assert.Single(Diagnose(CrosswiseIn(10, living: true)).Findings);

        Assert.Equal((FindingClass.Deadlock, "lock-order-cycle", Confidence.Likely), (finding.Class, finding.Rule, finding.Confidence));
        Assert.NotEmpty(finding.NotProvenBecause);
    }

    [Fact]
    public void Diagnose_LivingProcessBeforeTheMinimumWait_SaysNothing()
    {
        Scene scene = CrosswiseIn(10, living: true);
        Snapshot first = scene.Look(1000), last = scene.Look(1001);

        Assert.Empty(Diagnoser.Diagnose(first, last, new LookMemory(), new DiagnosisOptions { MinimumWait = TimeSpan.FromHours(1) }).Findings);
    }

    [Fact]
    public void Suspects_OwnerWordsNameACycle_AreLookedAtAgain() =>
        Assert.Contains(10, Diagnoser.Suspects(CrosswiseIn(10, living: true).Look(), new LookMemory()));

    [Fact]
    public void Diagnose_WordsThatDifferedAtTheFirstLook_SayNothingOfALivingProcess()
    {
        Snapshot last = CrosswiseIn(10, living: true).Look(1001), first = last with { Uptime = TimeSpan.FromSeconds(1000) };
        ProcessRecord process = first.Processes.Single(record => record.Pid == 10);
        ThreadRecord changed = process.Threads[0] with { Memory = process.Threads[0].Memory! with { LockWords = [2, 0, 12, 1, 0] } };
        first = first with { Processes = [.. first.Processes.Select(record => record.Pid == 10 ? record with { Threads = record.Threads.SetItem(0, changed) } : record)] };

        Assert.Empty(Diagnoser.Diagnose(first, last, new LookMemory(), new DiagnosisOptions()).Findings);
    }

    [Fact]
    public void Diagnose_OwnerSitsInAnotherCall_IsHealthy()
    {
        var scene = new Scene();
        Locks(scene.Process(10, "pool").Thread(11, 43, "inet_csk_accept", 3), 10, A, 11);

        Assert.Empty(Diagnose(scene).Findings);
    }

    [Fact]
    public void Diagnose_ThreadThatLocksItsOwn_IsASelfDeadlockThoughItCatchesSignals()
    {
        var scene = new Scene();
        Locks(scene.Process(10, "p"), 10, A, 10).Caught = 1UL << 14;

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("self-deadlock", Confidence.Proven), (finding.Rule, finding.Confidence));
    }

    [Fact]
    public void Diagnose_OneThreadInALockWithoutAnOwner_HasItItself()
    {
        var scene = new Scene();
        scene.Process(10, "p").Thread(10, 202, "futex_do_wait", A, 0x89, 2);

        Assert.Equal("self-deadlock", Assert.Single(Diagnose(scene).Findings).Rule);
    }

    [Theory]
    [InlineData(false)] // at a condition variable
    [InlineData(true)]
    public void Diagnose_OwnerWaitsForWhatWhoWantsItsLockCouldDo_IsToldToLetGo(bool atAPipe)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "p");
        _ = atAPipe ? actor.ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3) : actor.Thread(10, 202, "futex_do_wait", B, 0x189, 0);
        Locks(actor, 11, A, 10);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("lock-held-by-stuck", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal((10, "futex:0x7100", "It ends when thread p (10) lets go of the mutex at 0x7100 before it waits."), (finding.Culprit!.Pid, finding.Culprit.Resource, finding.Culprit.Remedy));
        Assert.Contains($"thread p (11) waits for the mutex at 0x7100, which thread p (10) has, who {(atAPipe ? "reads pipe 7000 (fd 3) to its end" : "waits to be signalled (on a condition variable, say)")}.", finding.Explanation);
    }

    [Fact]
    public void Diagnose_OwnerWaitsAtASharedConditionForWhoWantsItsLock_IsToldToLetGo()
    {
        var scene = new Scene();
        scene.Process(10, "a").Thread(10, 202, "futex_do_wait", new CallMemory { FutexWord = 0, FutexMapping = Mapping }, [B, 0x109, 0]);
        Locks(scene.Process(11, "b", parent: 10), 11, A, 10, shared: true);

        Finding finding = Assert.Single(Diagnose(scene, Anonymous(10, 11)).Findings);

        Assert.Equal(("lock-held-by-stuck", 10), (finding.Rule, finding.Culprit!.Pid));
    }

    [Fact]
    public void Diagnose_FollowersOfALeaderThatSignalsMayEnd_SaysNothing()
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "pool").Thread(10, 202, "futex_do_wait", B, 0x189, 0);
        Locks(Locks(actor, 11, A, 10), 12, A, 10).Caught = 1UL << 14;

        Assert.Empty(Diagnose(scene).Findings);
    }

    [Fact]
    public void Diagnose_ThreadsBesideAReader_AreToldByWhatTheWordsSay()
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "p").ReadEnd(7000, 0).WriteEnd(7000, 4).Reads(0);
        Joins(actor, 11, 10).Thread(12, 202, "futex_do_wait", B, 0x189, 0);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal("eof-held-by-self", finding.Rule);
        Assert.EndsWith("Its thread p (11) waits for its thread 10 to end. Its other thread waits on a futex, which only a thread of the same process could wake.", finding.Explanation[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Diagnose_OneThreadEachOfTwoProcesses_AreNotToldAsThreads()
    {
        Scene scene = new();
        foreach (int pid in new[] { 10, 11 })
            scene.Process(pid, $"p{pid}").Thread(pid, 202, "futex_do_wait", new CallMemory { FutexWord = 0, FutexMapping = Mapping }, [A, 0x109, 0]);

        Assert.Equal("p10 (10) and p11 (11) each wait for a lock or a signal, and nobody is left who could give it.", Assert.Single(Diagnose(scene, Anonymous(10, 11)).Findings).Summary);
    }

    [Fact]
    public void Diagnose_ThreadsAtABarrier_AreSaidToBe()
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "p");
        for (int tid = 10; tid < 12; tid++)
            actor.Thread(tid, 202, "futex_do_wait", new CallMemory { FutexWord = 0, LockWords = [2, 0, 3, 0, 0] }, [0x7104, 0x80, 0]);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal("2 threads of p (10) wait at a barrier, and nobody is left who could come to it.", finding.Summary);
        Assert.Equal("All 2 threads of p (10) wait at a barrier, which only threads of the same process could wake.", finding.Explanation[0]);
    }

    [Fact]
    public void Diagnose_JoinsAThreadThatWantsItsLock_IsAJoinCycle()
    {
        var scene = new Scene();
        Locks(Joins(scene.Process(10, "p"), 10, 11), 11, A, 10);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("join-cycle", "futex:0x7100"), (finding.Rule, finding.Culprit!.Resource));
    }

    [Fact]
    public void Diagnose_OwnerIsNoThreadAnyMore_IsGone()
    {
        var scene = new Scene();
        Locks(scene.Process(10, "p"), 10, A, 12);

        Assert.Equal("lock-owner-gone", Assert.Single(Diagnose(scene).Findings).Rule);
    }

    [Fact]
    public void Diagnose_OwnerWasThereBeforeTheChild_WasForkedWhileLocked()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsFor(12);
        Locks(scene.Process(12, "child", parent: 10), 12, A, 11);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("fork-while-locked", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal([10, 12], finding.Pids);
        Assert.Equal(12, finding.Culprit!.Pid);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Diagnose_ForkedChildWithoutAnOwnerWord_IsToldWhereSomebodyWaitsForIt(bool waited)
    {
        var scene = new Scene();
        Actor parent = scene.Process(10, "pool").ReadEnd(7000, 3).WaitsOnFutex();
        parent = waited ? parent.Reads(3) : parent.Sleeps();
        Actor child = scene.Process(12, "pool", parent: 10).WriteEnd(7000, 4);
        child.Caught = 1UL << 1;
        foreach (Actor actor in new[] { parent, child })
            actor.With = record => record with { Exe = "/usr/bin/pool" };

        ImmutableArray<Finding> findings = Diagnose(scene).Findings;

        Assert.Equal(waited ? ["fork-while-locked Likely"] : [], findings.Select(finding => $"{finding.Rule} {finding.Confidence}"));
    }

    [Theory]
    [InlineData(1001, 0)] // it is about to wake
    [InlineData(990, 1)] // whoever changed it would have woken it by now
    public void Diagnose_WordHasChanged_IsALostWakeupWhereItHasNotRunForLong(int ran, int findings)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "p");
        actor.LastRan = TimeSpan.FromSeconds(ran);
        actor.Thread(10, 202, "futex_do_wait", new CallMemory { FutexWord = 1 }, [A, 0x189, 0]);

        ImmutableArray<Finding> told = Diagnose(scene).Findings;

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding => Assert.Equal(("lost-wakeup", Confidence.Proven), (finding.Rule, finding.Confidence)));
        Assert.All(told, finding => Assert.Contains(finding.Notes, note => note.Contains("nobody was woken", StringComparison.Ordinal)));
    }

    [Fact]
    public void Diagnose_AllWaitToBeTold_IsALostWakeup()
    {
        var scene = new Scene();
        scene.Process(10, "p").WaitsOnFutex().WaitsOnFutex();

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("lost-wakeup", Confidence.Proven), (finding.Rule, finding.Confidence));
    }

    [Fact]
    public void Diagnose_SharedFutexInAPrivateMapping_IsPrivate()
    {
        var scene = new Scene();
        scene.Process(10, "p").Thread(10, 202, "futex_do_wait", new CallMemory { FutexWord = 0, FutexMapping = new FutexMapping(false, 0, 0) }, [A, 0x109, 0]);

        Assert.Equal("lost-wakeup", Assert.Single(Diagnose(scene).Findings).Rule);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // the mutex has another owner: that is no circle
    public void Diagnose_FileLockAndMutexCrosswise_BothAreTold(bool crosswise)
    {
        var scene = new Scene();
        Locks(scene.Process(10, "first").Opens(3, "/one", 1, 11, new FileLock(1, false, LockKind.Flock, LockAccess.Write, 10, 0xfe00000, 1, 0, long.MaxValue)), 10, A, crosswise ? 20 : 21, shared: true);
        scene.Process(20, "second").Opens(4, "/one", 1, 21).WaitsForLock(4);
        scene.Process(21, "third").Sleeps();

        Finding finding = Assert.Single(Diagnose(scene, Anonymous(10, 20)).Findings);

        Assert.Equal(crosswise ? "lock-order-cycle" : "file-lock-held-by-stuck", finding.Rule);
        if (crosswise)
            Assert.Equal([(10, 3, "flock:fe:00:1"), (20, null, "futex:0x7100")], finding.Culprits.Select(culprit => (culprit.Pid, culprit.Fd, culprit.Resource)));
    }

    [Fact]
    public void Diagnose_FileLockAndMutexCrosswiseInThreads_IsTheOrderOfLocks()
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "p").Opens(3, "/one", 1, 11, new FileLock(1, false, LockKind.Flock, LockAccess.Write, 10, 0xfe00000, 1, 0, long.MaxValue)).Opens(4, "/one", 1, 12);
        Locks(Joins(actor, 10, 11), 11, A, 12).WaitsForLock(4);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("lock-order-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Contains("thread p (12) waits for the lock on /one, which p (10) has locked at fd 3.", finding.Explanation);
    }

    /// <summary>FUTEX_LOCK_PI on a word that names its owner.</summary>
    private static Actor LocksPi(Actor actor, int tid, ulong address, int owner) =>
        actor.Thread(tid, 202, "futex_do_wait", new CallMemory { FutexWord = 0x80000000 | (uint)owner }, [address, 0x86, 0]);

    /// <summary>As glibc lets a thread rest whose lock the kernel has refused.</summary>
    private static Actor Refused(Actor actor, int tid, bool onStack = true) =>
        actor.Thread(tid, 202, "futex_do_wait", new CallMemory { FutexWord = 0, OnStack = onStack }, [0x7ffd_0000_0054, 0x189, 0]);

    [Theory]
    [InlineData(true, "lock-order-cycle")]
    [InlineData(false, "lock-held-by-stuck")] // a condition variable: what it waits for no word says
    public void Diagnose_LocksThatInheritPriorityCrosswise_AreALockOrderCycleThoughTheKernelRefusesTheLast(bool onStack, string rule)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "p");
        Refused(LocksPi(LocksPi(actor, 10, A, 11), 11, B, 12), 12, onStack);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal((rule, Confidence.Proven), (finding.Rule, finding.Confidence));
        if (onStack)
            Assert.Contains("thread p (12) was refused a mutex that inherits priority (EDEADLK), and waits for ever: thread p (10) has that mutex, or thread p (12) itself.", finding.Explanation);
    }

    [Fact]
    public void Diagnose_LocksThatInheritPriorityCrosswiseInProcesses_AreALockOrderCycle()
    {
        var scene = new Scene();
        scene.Process(10, "first").Thread(10, 202, "futex_do_wait", new CallMemory { FutexWord = 0x8000000b, FutexMapping = Mapping }, [A, 0x06, 0]);
        Refused(scene.Process(11, "second"), 11);

        Finding finding = Assert.Single(Diagnose(scene, Anonymous(10, 11)).Findings);

        Assert.Equal(("lock-order-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal([10, 11], finding.Culprits.Select(culprit => culprit.Pid).Order());
    }

    [Fact]
    public void Diagnose_OneAloneThatIsRefusedALock_HasItItselfOrItsOwnerIsGone()
    {
        var scene = new Scene();
        Refused(scene.Process(10, "p"), 10);

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("self-deadlock", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal("p (10) waits for a mutex that inherits priority and that it was refused: it has locked that itself, or whoever had it has exited.", finding.Summary);
    }

    [Fact]
    public void Diagnose_OwnerOfALockThatInheritsPriorityWorks_IsHealthy()
    {
        var scene = new Scene();
        LocksPi(scene.Process(10, "p"), 10, A, 11).Sleeps();

        Assert.Empty(Diagnose(scene).Findings);
    }

    [Theory]
    [InlineData(0UL, Confidence.Proven)]
    [InlineData(SignalMask.Interrupt, Confidence.Suspected)] // a worker that idles until Ctrl-C comes
    public void Diagnose_JoinedThreadThatWaitsToBeToldOfSomething_IsProvenWhereNoSignalIsCaught(ulong caught, Confidence confidence)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "python3").Thread(10, 202, "futex_do_wait", 0x7f00_0000_0990, 0x109, 11).Thread(11, 202, "futex_do_wait", B, 0x189, 0);
        actor.Caught = caught;
        actor.With = record => record with { Exe = "/usr/bin/python3.11" };

        Finding finding = Assert.Single(Diagnose(scene).Findings);

        Assert.Equal(("lost-wakeup", confidence), (finding.Rule, finding.Confidence));
        Assert.Equal(caught == 0, finding.NotProvenBecause.IsEmpty);
    }

    [Theory]
    [InlineData(0x82u, null, "lost-wakeup")]
    [InlineData(2u, false, "lost-wakeup")]
    [InlineData(2u, true, null)]
    public void Diagnose_WaitForAnyOfSeveralWords_IsOfThisMemoryAloneUnlessOneIsShared(uint flags, bool? shared, string? rule)
    {
        var scene = new Scene();
        scene.Process(10, "p").Thread(
            10, 449, "futex_wait_multiple",
            new CallMemory { Futexes = [new FutexWaitv(A, 0, flags), new FutexWaitv(B, 0, flags)], FutexMapping = shared is { } known ? new FutexMapping(known, 1, 4711) : null }, [0x3000, 2]);

        Assert.Equal(rule, Diagnose(scene, Anonymous(10)).Findings.SingleOrDefault()?.Rule);
    }

    [Theory]
    [InlineData("/usr/bin/python3", true)]
    [InlineData("/usr/bin/other", false)]
    public void Diagnose_OnlyThreadOfAForkedChildThatIsJoined_IsToldToLackTheThreadThatHadTheLock(string program, bool forked)
    {
        var scene = new Scene();
        scene.Process(10, "python3").WaitsFor(11).With = record => record with { Exe = "/usr/bin/python3" };
        scene.Process(11, "python3", parent: 10).WaitsOnFutex().With = record => record with { Exe = program };

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("lost-wakeup", finding.Rule);
        Assert.Equal(forked, finding.Culprit!.Remedy.Contains(
            "It is a copy of its parent by fork(2) and has only the thread that forked: a lock that another thread had at that moment is never let go of. If there was none, look for a signal that came before the wait", StringComparison.Ordinal));
    }

    /// <summary>Two threads try to lock each other's mutexes with a timeout, again and again.</summary>
    [Theory]
    [InlineData(0x80, 11, 10, 1012, true)]
    [InlineData(0x89, 11, 10, 1012, true)] // by the monotonic clock
    [InlineData(0x189, 11, 10, 1012, true)] // by the clock of the day
    [InlineData(0x89, 11, 10, 1008, false)] // not yet
    [InlineData(0x89, 12, 10, 1012, false)] // the owner of the one does something else
    [InlineData(0x189, 12, 10, 1012, false)]
    [InlineData(0x89, 0, 10, 1012, false)] // who let go of his own before he tried again
    [InlineData(0x89, 99, 10, 1012, false)] // no mutex
    public void Diagnose_LocksTriedWithATimeoutAgainAndAgain_AreSuspectedWhereTheWordsNameEachOther(ulong operation, int ownerOfA, int ownerOfB, int until, bool told)
    {
        (Scene scene, Actor actor) = Retrying(ownerOfA, ownerOfB, operation);
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        ImmutableArray<Finding> findings = [];
        for (int at = 1000; at <= until; at++)
        {
            actor.Ran();
            actor.With = record => record with { Threads = [.. record.Threads.Select(thread => thread with { LastRan = TimeSpan.FromSeconds(at) })] };
            findings = diagnosis.Advance(scene.Look(at)).Findings;
        }

        Assert.Equal(told ? [("retry-without-progress", Confidence.Suspected)] : [], findings.Select(finding => (finding.Rule, finding.Confidence)));
        Assert.All(findings, finding => Assert.Contains("thread p (10) waits for the mutex at 0x7100, which thread p (11) has.", finding.Explanation));
        Assert.All(findings, finding => Assert.EndsWith("; the waits have timeouts, and come again and again.", finding.Summary, StringComparison.Ordinal));
        Assert.Equal(ownerOfA == 11 && !told, diagnosis.MayRetry(findings).Any());
    }

    [Fact]
    public void Diagnose_OwnerOfARetriedLockThatHasChanged_IsHealthy()
    {
        (Scene scene, Actor actor) = Retrying(11, 10, 0x89);
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        for (int at = 1000; at <= 1012; at++)
        {
            actor.Ran();
            int owner = at % 2 == 0 ? 11 : 12;
            actor.With = record => record with { Threads = record.Threads.SetItem(0, record.Threads[0] with { Memory = record.Threads[0].Memory! with { LockWords = [2, 0, (uint)owner, 1, 0] } }) };

            Assert.Empty(diagnosis.Advance(scene.Look(at)).Findings);
        }
    }

    private static (Scene, Actor) Retrying(int ownerOfA, int ownerOfB, ulong operation)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "p");
        actor.Thread(10, 202, "futex_do_wait", new CallMemory { FutexWord = 2, LockWords = Words(ownerOfA) }, [A, operation, 2, 0x3000]);
        actor.Thread(11, 202, "futex_do_wait", new CallMemory { FutexWord = 2, LockWords = Words(ownerOfB) }, [B, operation, 2, 0x3000]);
        return (scene, actor.Thread(12, 230, "hrtimer_nanosleep", 0, 0, 0x3000, 0));

        // By that clock read-write locks are waited for as well: eight bytes before the word are read.
        ImmutableArray<uint> Words(int owner) => operation == 0x189 ? [0, 0, 2, 0, (uint)owner, 1, 0, 0] : [2, 0, (uint)owner, 1, 0];
    }
}
