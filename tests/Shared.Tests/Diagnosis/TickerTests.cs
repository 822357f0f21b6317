using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>A thread that sleeps and wakes again beside a main thread that waits for its child, which waits for the program.</summary>
public sealed class TickerTests
{
    [Theory]
    [InlineData(true, true, true, 1)]
    [InlineData(false, true, true, 0)] // one long sleep may lead somewhere
    [InlineData(true, false, true, 0)] // the main thread is the one that sleeps: who waits for the child serves it
    [InlineData(true, true, false, 0)] // the child is at work
    public void Diagnose_SleeperBesideAMainThreadThatWaitsForItsChild_IsLeftAsideOnceItComesBack(bool comesBack, bool mainWaits, bool childReads, int findings)
    {
        ImmutableArray<Finding> told = Looks(Parent(mainWaits, childReads), comesBack);

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding =>
        {
            Assert.Equal(("child-never-exits", Confidence.Suspected), (finding.Rule, finding.Confidence));
            Assert.Equal([60, 70], finding.Pids);
            Assert.Contains("sleeps and wakes again and again", Assert.Single(finding.NotProvenBecause), StringComparison.Ordinal);
        });
    }

    /// <summary>A queue whose both ends each of the two has: of a child that reads what itself has open idle pools say the same, and the parent that waits for it is the fault that counts.</summary>
    [Fact]
    public void Diagnose_ChildThatHoldsItsOwnWriteEndBesideATicker_IsToldByTheParentThatWaitsForIt()
    {
        Scene scene = Parent(mainWaits: true, childReads: true);
        scene[70].WriteEnd(7000, 4);

        Finding finding = Assert.Single(Looks(scene, comesBack: true));

        Assert.Equal(("child-never-exits", Confidence.Suspected, 60), (finding.Rule, finding.Confidence, finding.Culprit!.Pid));
    }

    [Fact]
    public void Diagnose_ChildBesideATickerThatReadsNowAndThen_IsHealthy()
    {
        // What the ticker gives it to do is done.
        Scene scene = Parent(mainWaits: true, childReads: true);

        Assert.Empty(Looks(scene, comesBack: true, at =>
        {
            if (at % 5 == 0)
                scene[70].Ran();
        }));
    }

    [Theory]
    [InlineData(true, true, 1)]
    [InlineData(false, true, 0)]
    [InlineData(true, false, 0)]
    public void Diagnose_ReaderOfATimerBesideAMainThread_IsLeftAsideAsASleeperIs(bool comesBack, bool childReads, int findings)
    {
        var scene = new Scene();
        scene.Process(60, "parent").WriteEnd(7000, 5).Has(6, "anon_inode:[timerfd]", FdAccess.ReadWrite).Fd(6, fd => fd with { TimerArmed = true })
            .WaitsFor(70).Thread(61, 0, "do_wait_intr_irq", 6, 0x1000, 8);
        Actor child = scene.Process(70, "child", parent: 60).ReadEnd(7000, 0);
        _ = childReads ? child.Reads(0) : child.Sleeps();
        child.With = record => record with { Threads = [.. record.Threads.Select(thread => thread with { LastRan = null })] };

        ImmutableArray<Finding> told = Looks(scene, comesBack, call: 0);

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding => Assert.Equal(("child-never-exits", Confidence.Suspected), (finding.Rule, finding.Confidence)));
    }

    /// <summary>pthread_cond_timedwait(3), sem_clockwait(3): a word that the program itself writes, or nobody.</summary>
    [Theory]
    [InlineData(true, true, 1)]
    [InlineData(false, true, 0)]
    [InlineData(true, false, 0)]
    public void Diagnose_ThreadThatWaitsForAWordWithATimeout_IsLeftAsideAsASleeperIs(bool comesBack, bool childReads, int findings)
    {
        var scene = new Scene();
        scene.Process(60, "parent").WriteEnd(7000, 5).WaitsFor(70).Thread(61, 202, "futex_do_wait", 0x5000, 0x189, 0, 0x1000);
        Actor child = scene.Process(70, "child", parent: 60).ReadEnd(7000, 0);
        _ = childReads ? child.Reads(0) : child.Sleeps();
        child.With = record => record with { Threads = [.. record.Threads.Select(thread => thread with { LastRan = null })] };

        ImmutableArray<Finding> told = Looks(scene, comesBack, call: 202);

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding =>
        {
            Assert.Equal(("child-never-exits", Confidence.Suspected), (finding.Rule, finding.Confidence));
            Assert.Contains("waits with a timeout and wakes again and again", Assert.Single(finding.NotProvenBecause), StringComparison.Ordinal);
        });
    }

    /// <summary>Whatever rule fits: the thread that looks again by itself may let go of the lock the next time.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Diagnose_ChildWantsALockBesideAThreadThatWaitsForAWordWithATimeout_IsNoMoreThanSuspected(bool comesBack, int findings)
    {
        var scene = new Scene();
        scene.Process(60, "parent").Opens(3, "/one", 1, 11, new FileLock(1, false, LockKind.Flock, LockAccess.Write, 60, 0xfe00000, 1, 0, long.MaxValue)).WaitsFor(70).Thread(61, 202, "futex_do_wait", 0x5000, 0x189, 0, 0x1000);
        Actor child = scene.Process(70, "child", parent: 60).Opens(4, "/one", 1, 12).WaitsForLock(4);
        child.With = record => record with { Threads = [.. record.Threads.Select(thread => thread with { LastRan = null })] };

        ImmutableArray<Finding> told = Looks(scene, comesBack, call: 202);

        Assert.Equal(findings, told.Length);
        Assert.All(told, finding =>
        {
            Assert.Equal(("file-lock-held-by-stuck", Confidence.Suspected), (finding.Rule, finding.Confidence));
            Assert.Contains("holds, which does not let go: it waits for its child child (70) to exit", finding.Summary, StringComparison.Ordinal);
        });
    }

    /// <summary>The main thread looks each half second whether its jobs are done, and a thread reads what the job says: cargo(1), in whose build script cargo runs.</summary>
    [Fact]
    public void MayRetry_MainThreadLooksAgainBesideOneThatReadsWhatTheChildSays_IsLookedAtOn()
    {
        var scene = new Scene();
        scene.Process(60, "parent").Opens(3, "/one", 1, 11, new FileLock(1, false, LockKind.Flock, LockAccess.Write, 60, 0xfe00000, 1, 0, long.MaxValue))
            .ReadEnd(7000, 5).Thread(60, 202, "futex_do_wait", 0x5000, 0x189, 0, 0x1000).Thread(61, 0, "anon_pipe_read", 5, 0x1000, 4096);
        scene.Process(70, "child", parent: 60).WriteEnd(7000, 1).Opens(4, "/one", 1, 12).WaitsForLock(4);
        ulong ticks = 1;
        scene[60].With = record => record with { Threads = [.. record.Threads.Select(thread => thread.Tid == 60 ? thread with { Counters = new RunCounters(1000, ticks), LastRan = null } : thread)] };
        var diagnosis = new HostDiagnosis(new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(10) });
        diagnosis.Advance(scene.Look(1000));
        ticks++;
        DiagnosisResult second = diagnosis.Advance(scene.Look(1001));

        Assert.Empty(second.Findings);
        Assert.Equal([60, 70], diagnosis.MayRetry(second.Findings).Order());
    }

    private static Scene Parent(bool mainWaits, bool childReads)
    {
        var scene = new Scene();
        Actor parent = scene.Process(60, "parent").WriteEnd(7000, 5);
        _ = mainWaits ? parent.WaitsFor(70).Sleeps() : parent.Sleeps().WaitsFor(70);
        Actor child = scene.Process(70, "child", parent: 60).ReadEnd(7000, 0);
        _ = childReads ? child.Reads(0) : child.Sleeps();
        child.With = record => record with { Threads = [.. record.Threads.Select(thread => thread with { LastRan = null })] };
        return scene;
    }

    private static ImmutableArray<Finding> Looks(Scene scene, bool comesBack, Action<int>? before = null, long call = 230)
    {
        ulong ticks = 1;
        scene[60].With = record => record with
        {
            Threads = [.. record.Threads.Select(thread => thread.Call.Number == call ? thread with { Counters = new RunCounters(1000, ticks), LastRan = null } : thread)],
        };
        var diagnosis = new HostDiagnosis(new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(10) });
        ImmutableArray<Finding> told = [];
        for (int at = 1000; at <= 1013; at++)
        {
            before?.Invoke(at);
            if (comesBack)
                ticks++;
            told = Scene.Checked(diagnosis.Advance(scene.Look(at))).Findings;
        }
        return told;
    }
}
