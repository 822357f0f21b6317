using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Ruby up to 3.2, as it shows: what waits within it, and for children, polls an eventfd of its own; and one handler is there for all signals, whether the program has asked for them or not.</summary>
public sealed class BellTests
{
    /// <summary>What Ruby 3.1 catches in every program; and those by the handler that SIGCHLD has.</summary>
    private const ulong OfRuby = 0x42017e4f, AsChild = 0x16a07;

    private const ulong WindowChanged = 1UL << 27;

    private const string Ruby = "/usr/bin/ruby3.1";

    [Theory]
    [InlineData(Ruby, OfRuby, 0, true)]
    [InlineData(Ruby, OfRuby, 12, false)] // a second child: a supervisor and what it will end
    [InlineData("/usr/bin/supervisor", OfRuby, 0, false)] // of no known runtime
    [InlineData(Ruby, OfRuby & ~(1UL << 16), 0, false)] // not told of its child's end
    public void Diagnose_RubyWhoseChildReadsWhatItKeepsOpen_IsSuspected(string exe, ulong caught, int second, bool told)
    {
        var scene = new Scene();
        In(scene.Process(10, "ruby").EventFd(1, 3).EventFd(2, 4).WriteEnd(7000, 6), exe, caught).WaitsAtBell();
        scene.Process(11, "cat", parent: 10).ReadEnd(7000, 0).Reads(0);
        if (second != 0)
            scene.Process(second, "cat", parent: 10).ReadEnd(7000, 0).Reads(0);

        Finding[] findings = Deadlocks(scene);

        Assert.Equal(told ? [("child-never-exits", Confidence.Suspected)] : [], findings.Select(Of));
        if (!told)
            return;
        Assert.Equal((10, 6), (findings[0].Culprit!.Pid, findings[0].Culprit!.Fd));
        Assert.Contains("ruby (10) waits for its child cat (11) to exit, or for a signal, of which its runtime tells it by eventfd 1 (fd 3).", findings[0].Explanation);
        Assert.Empty(findings[0].Notes);
    }

    [Theory]
    [InlineData(Ruby, null, true)] // through /proc: whether it is set shows nowhere
    [InlineData(Ruby, false, false)] // through eBPF: it is
    [InlineData("/usr/bin/timed", null, false)]
    public void Diagnose_TimerThatItsRuntimeHasInEveryProgram_IsADoubtWhereItIsNotSeenToBeSet(string exe, bool? alarm, bool told)
    {
        var scene = new Scene();
        Actor parent = In(scene.Process(10, "ruby").EventFd(1, 3).ReadEnd(7000, 5), exe).WaitsAtBell();
        (parent.Timers, parent.Alarm) = (true, alarm);
        parent.With = record => record with { Exe = exe };
        scene.Process(11, "head", parent: 10).WriteEnd(7000, 1).Writes(1);

        Finding[] findings = Deadlocks(scene);

        Assert.Equal(told ? [("pipe-full-cycle", Confidence.Likely)] : [], findings.Select(Of));
        Assert.All(findings, finding => Assert.Contains("ruby (10) has a POSIX timer, as its runtime has in every program, and whether it is set shows nowhere", finding.NotProvenBecause));
    }

    [Fact]
    public void Diagnose_EventFdThatAnotherOneHasToo_IsNoBell()
    {
        var scene = new Scene();
        In(scene.Process(10, "ruby").EventFd(1, 3).WriteEnd(7000, 6)).WaitsAtBell();
        scene.Process(11, "cat", parent: 10).EventFd(1, 5).ReadEnd(7000, 0).Reads(0);

        Assert.DoesNotContain(Deadlocks(scene), finding => finding.Rule == "child-never-exits");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Diagnose_RubyWhoseChildStandsBeforeAFullPipe_IsLikelyAndItsBellNoFault(bool writes)
    {
        var scene = new Scene();
        In(scene.Process(10, "ruby").EventFd(1, 3).ReadEnd(7000, 5)).WaitsAtBell();
        Actor child = scene.Process(11, "head", parent: 10).WriteEnd(7000, 1);
        _ = writes ? child.Writes(1) : child.Sleeps();

        Finding[] findings = Deadlocks(scene);

        Assert.Equal(writes ? [("pipe-full-cycle", Confidence.Likely)] : [], findings.Select(Of));
        Assert.All(findings, finding => Assert.Empty(finding.Notes));
        Assert.All(findings, finding => Assert.DoesNotContain(finding.Explanation, sentence => sentence.Contains("open nowhere else", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true, 7)]
    [InlineData(true, 8)] // the master of another terminal
    [InlineData(false, 7)]
    public void Diagnose_RubyWhoseChildWritesToItsFullTerminal_IsLikely(bool writes, int terminal)
    {
        var scene = new Scene();
        In(scene.Process(10, "ruby").EventFd(1, 3).Has(5, "/dev/ptmx", FdAccess.ReadWrite).Fd(5, fd => fd with { TtyIndex = terminal })).WaitsAtBell();
        Actor child = scene.Process(11, "head", parent: 10).Has(1, "/dev/pts/7", FdAccess.ReadWrite);
        _ = writes ? child.Thread(11, 1, "wait_woken", 1) : child.Sleeps();

        Assert.Equal(writes && terminal == 7 ? [("terminal-full-cycle", Confidence.Likely)] : [], Deadlocks(scene).Select(Of));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // Queue#pop
    public void Diagnose_TwoRubiesThatReadWhatTheOtherIsToWrite_AreSuspectedWhateverThreadsTheyHaveAtTheirBells(bool threads)
    {
        var scene = new Scene();
        Actor parent = scene.Process(10, "ruby").WriteEnd(7000, 6).ReadEnd(7001, 7).Polls(7), child = scene.Process(11, "ruby", parent: 10).ReadEnd(7000, 5).WriteEnd(7001, 8).Polls(5);
        In(parent.EventFd(1, 3));
        In(child.EventFd(2, 3));
        if (threads)
            child.WaitsAtBell();

        Assert.Equal([("pipe-read-cycle", Confidence.Suspected)], Deadlocks(scene).Select(Of));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)] // they stand by, until it is told to give the lock up
    public void Diagnose_RubyWhoseChildWaitsForItsLock_IsLikelyWhereItHasNoOther(int children, bool told)
    {
        var scene = new Scene();
        In(scene.Process(10, "ruby").EventFd(1, 3).Opens(5, "/one", 1, 11, new FileLock(1, false, LockKind.Flock, LockAccess.Write, 10, 0xfe00000, 1, 0, long.MaxValue))).WaitsAtBell();
        for (int child = 1; child <= children; child++)
            scene.Process(10 + child, "flock", parent: 10).Opens(3, "/one", 1, 20 + (ulong)child).WaitsForLock(3);

        Assert.Equal(told ? [("file-lock-held-by-stuck", Confidence.Likely)] : [], Deadlocks(scene).Select(Of));
    }

    [Theory]
    [InlineData(900, Confidence.Likely)]
    [InlineData(995, Confidence.Suspected)] // it has run within the minimum wait
    public void Diagnose_RubyThatReadsTheAnswerOfAFilterItKeepsWaiting_IsNeverProven(int lastRan, Confidence told)
    {
        var scene = new Scene();
        Actor parent = scene.Process(10, "ruby");
        parent.LastRan = TimeSpan.FromSeconds(lastRan);
        In(parent.EventFd(1, 3).WriteEnd(7000, 6).ReadEnd(7001, 7).Polls(7));
        scene.Process(11, "sort", parent: 10).ReadEnd(7000, 0).WriteEnd(7001, 1).Reads(0);

        Finding finding = Assert.Single(Deadlocks(scene));

        Assert.Equal(("pipe-read-cycle", told), Of(finding));
        Assert.Contains("ruby (10) catches signals, as its runtime does in every program, and what it does when one comes does not show", finding.NotProvenBecause);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, false)] // a pool, whose supervisor is sent a signal when there is work
    public void Diagnose_RubyAndWhomItTalksTo_AreLikelyWhereItIsOne(int workers, bool told)
    {
        var scene = new Scene();
        Actor parent = In(scene.Process(10, "ruby").EventFd(1, 3));
        int[] fds = [.. Enumerable.Range(5, workers)];
        foreach (int fd in fds)
        {
            ulong socket = 500 + (ulong)fd * 2;
            scene.Pair(socket, socket + 1);
            parent.Socket(fd, socket);
            In(scene.Process(20 + fd, "ruby", parent: 10).EventFd(10 + (ulong)fd, 3).Socket(4, socket + 1).Polls(4));
        }
        parent.Polls(fds);

        Assert.Equal(told ? [("socket-mutual-read", Confidence.Likely)] : [], Deadlocks(scene).Select(Of));
    }

    [Theory]
    [InlineData("the only child", true)]
    [InlineData("one of two", false)] // workers, each of which may be sent a signal
    [InlineData("the child of another program", false)]
    [InlineData("the child of one at work", false)]
    public void Diagnose_RubyThatReadsAPipeOfItsOwn_IsSuspectedWhereWhoForkedItWaitsForItAlone(string how, bool told)
    {
        var scene = new Scene();
        Actor parent = In(scene.Process(10, "ruby").EventFd(1, 3), how == "the child of another program" ? "/usr/bin/ruby3.2" : Ruby);
        _ = how == "the child of one at work" ? parent.Sleeps() : parent.WaitsAtBell();
        foreach (int pid in how == "one of two" ? (int[])[11, 12] : [11])
            In(scene.Process(pid, "ruby", parent: 10).EventFd((ulong)pid, 3).ReadEnd(7000 + pid, 5).WriteEnd(7000 + pid, 6).Fd(6, fd => fd with { NonBlocking = true }).Polls(5));

        Finding[] findings = Deadlocks(scene);

        Assert.Equal(told ? [("eof-held-by-self", Confidence.Suspected)] : [], findings.Select(Of));
        Assert.All(findings, finding => Assert.Equal((11, 6), (finding.Culprit!.Pid, finding.Culprit.Fd)));
    }

    [Theory]
    [InlineData("sleep")]
    [InlineData("idle workers")] // at queues of their own
    [InlineData("workers of its own program")] // which poll for orders
    [InlineData("its own pipe")] // to which it writes in a handler
    [InlineData("its own pipe in a thread")]
    public void Diagnose_RubyThatWaitsForASignal_IsHealthy(string how)
    {
        var scene = new Scene();
        Actor actor = In(scene.Process(10, "ruby").EventFd(1, 3).EventFd(2, 4).ReadEnd(7000, 5).WriteEnd(7000, 6).Fd(6, fd => fd with { NonBlocking = true }));
        _ = how == "its own pipe" ? actor.Polls(5) : actor.WaitsAtBell();
        if (how == "idle workers")
            actor.Thread(11, 202, "futex_do_wait", 0x5560_80cd_a5e4, 0x189, 0).Thread(12, 202, "futex_do_wait", 0x5560_80cd_e984, 0x189, 0);
        else if (how == "its own pipe in a thread")
            actor.Polls(5);
        else if (how == "workers of its own program")
            In(scene.Process(20, "ruby", parent: 10).EventFd(7, 3).ReadEnd(7001, 7).Polls(7).WriteEnd(7002, 8));
        actor.WriteEnd(7001, 9);

        Assert.Empty(Deadlocks(scene));
    }

    [Theory]
    [InlineData(Ruby, "ruby (10) waits for its child cat (11) to exit, or for a signal, of which its runtime tells it by eventfd 1 (fd 3).")]
    [InlineData("/usr/bin/server", "ruby (10) waits for what its own threads send each other (fd 3).")]
    public void Explain_Bell_LeadsToTheChildren(string exe, string told)
    {
        var scene = new Scene();
        In(scene.Process(10, "ruby").EventFd(1, 3), exe).WaitsAtBell();
        scene.Process(11, "cat", parent: 10).Sleeps();
        Snapshot look = scene.Look();

        Explanation explanation = Explainer.Explain(look, look, new LookMemory(), new DiagnosisOptions(), 10);

        Assert.Equal(told, explanation.Hops[0].Sentences[0]);
        Assert.Equal(exe == Ruby ? [10, 11] : [10], explanation.Hops.Select(hop => hop.Pid));
    }

    [Fact]
    public void Diagnose_RubyThatCatchesMoreThanItsRuntime_IsStillKnownByWhatItsRuntimeCatches()
    {
        var scene = new Scene();
        In(scene.Process(10, "ruby").EventFd(1, 3).WriteEnd(7000, 6), caught: OfRuby | WindowChanged).WaitsAtBell();
        scene.Process(11, "cat", parent: 10).ReadEnd(7000, 0).Reads(0);

        Assert.Equal([("child-never-exits", Confidence.Suspected)], Deadlocks(scene).Select(Of));
    }

    private static Actor In(Actor actor, string exe = Ruby, ulong caught = OfRuby)
    {
        actor.Caught = caught;
        actor.Alarm = false;
        actor.With = record => record with { Exe = exe, SignalsCaughtAsChild = (caught & 1UL << 16) != 0 ? AsChild & caught : 0 };
        return actor;
    }

    private static Finding[] Deadlocks(Scene scene) => [.. scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock)];

    private static (string, Confidence) Of(Finding finding) => (finding.Rule, finding.Confidence);
}
