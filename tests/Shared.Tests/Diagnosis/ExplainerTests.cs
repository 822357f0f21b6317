using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class ExplainerTests
{
    private const long Accept = 43, RecvFrom = 45, EpollWait = 232;

    [Fact]
    public void Explain_WaiterOnTheWay_IsFollowedToWhoCanStillRun()
    {
        var scene = new Scene();
        scene.Process(50, "sh").WaitsFor(60);
        scene.Process(60, "cat", parent: 50).ReadEnd(7000, 0).Reads(0);
        scene.Process(61, "sleep", parent: 50).WriteEnd(7000, 1).Sleeps();

        Explanation explanation = Explain(scene, 50);

        Assert.Equal(
            [
                "sh (50) waits for its child cat (60) to exit. It has not run for 1 min 40 s.",
                "cat (60) reads pipe 7000 (fd 0) to its end. Its write end is open at fd 1 of sleep (61). It has not run for 1 min 40 s.",
                "sleep (61) sleeps until a timer ends. It has not run for 1 min 40 s.",
            ],
            Told(explanation));
        Assert.Equal("This is no deadlock as far as can be seen: sleep (61) goes on by itself when its time is up.", explanation.Verdict);
        Assert.Null(explanation.Finding);
    }

    [Fact]
    public void Explain_Server_SaysWhereItListensAndThatNothingIsWrong()
    {
        var scene = new Scene();
        scene.Process(50, "served").Has(3, "socket:[900]", FdAccess.ReadWrite).Thread(50, Accept, "inet_csk_accept", 3);

        Explanation explanation = Explain(scene, 50, new SocketRecord(900, SocketFamily.Inet, SocketType.Stream, SocketState.Listening) { Local = "127.0.0.1:5432" });

        Assert.Equal(["served (50) waits for connections at 127.0.0.1:5432 (fd 3). It has not run for 1 min 40 s."], Told(explanation));
        Assert.Equal("Nothing is wrong with that: served (50) waits to be called.", explanation.Verdict);
    }

    [Fact]
    public void Explain_ServerWithThreadsThatWaitForLocks_SaysThatTheseMayWaitForEachOther()
    {
        var scene = new Scene();
        scene.Process(50, "served").Has(3, "socket:[900]", FdAccess.ReadWrite).Thread(50, Accept, "inet_csk_accept", 3).Thread(51, 202, "futex_do_wait", 0x7000, 0x189, 0).Thread(52, 202, "futex_do_wait", 0x7100, 0x189, 0);

        Explanation explanation = Explain(scene, 50, new SocketRecord(900, SocketFamily.Inet, SocketType.Stream, SocketState.Listening) { Local = "127.0.0.1:5432" });

        Assert.Equal("served (50) waits to be called, and nothing is wrong with that; others of its threads wait for locks or signals: whether for each other cannot be told.", explanation.Verdict);
    }

    [Fact]
    public void Explain_SocketOfAnotherProcess_NamesWhoHoldsTheOtherEndAndFollowsIt()
    {
        var scene = new Scene();
        scene.Process(50, "client").Has(3, "socket:[900]", FdAccess.ReadWrite).Thread(50, RecvFrom, "unix_stream_read_generic", 3);
        scene.Process(60, "server").Has(7, "socket:[901]", FdAccess.ReadWrite).Runs();

        Explanation explanation = Explain(scene, 50,
            new SocketRecord(900, SocketFamily.Unix, SocketType.Stream, SocketState.Established) { Peer = 901 },
            new SocketRecord(901, SocketFamily.Unix, SocketType.Stream, SocketState.Established) { Peer = 900 });

        Assert.Equal(
            [
                "client (50) waits for data on socket 900 (fd 3), whose other end is open at fd 7 of server (60). It has not run for 1 min 40 s.",
                "server (60) is running on a CPU, or about to.",
            ],
            Told(explanation));
        Assert.Equal("This is no deadlock as far as can be seen: server (60) is running.", explanation.Verdict);
    }

    [Fact]
    public void Explain_PeerOnAnotherHost_IsToldByItsAddress()
    {
        var scene = new Scene();
        scene.Process(50, "client").Has(3, "socket:[900]", FdAccess.ReadWrite).Thread(50, RecvFrom, "wait_woken", 3);

        Explanation explanation = Explain(scene, 50,
            new SocketRecord(900, SocketFamily.Inet, SocketType.Stream, SocketState.Established) { Local = "10.0.0.1:4000", Remote = "10.0.0.7:443" });

        Assert.Equal(["client (50) waits for data from 10.0.0.7:443 (fd 3), which is not on this host. It has not run for 1 min 40 s."], Told(explanation));
        Assert.Equal("This is no deadlock as far as can be seen: it waits for another host.", explanation.Verdict);
    }

    [Fact]
    public void Explain_Set_TellsMembersWithHoldersAndOwnChannelsLast()
    {
        var scene = new Scene();
        scene.Process(50, "loop").ReadEnd(7000, 5).ReadEnd(7001, 8).WriteEnd(7001, 9).Has(4, "anon_inode:[signalfd]", FdAccess.ReadWrite).Polls(8, 5, 4);
        scene.Process(60, "child", parent: 50).WriteEnd(7000, 1, 4).Sleeps();

        Explanation explanation = Explain(scene, 50);

        Assert.Equal(
            "loop (50) waits for any of 3 fds: data in pipe 7000 (fd 5), whose write end is open at fd 1 and fd 4 of child (60); signals (fd 4); what its own threads send each other (fd 8). It has not run for 1 min 40 s.",
            Told(explanation)[0]);
    }

    [Fact]
    public void Explain_EpollWithoutMembers_SaysWhatIsMissing()
    {
        var scene = new Scene();
        scene.Process(50, "loop").Has(4, "anon_inode:[eventpoll]", FdAccess.ReadWrite).Thread(50, EpollWait, "do_epoll_wait", 4, 0, 64, ulong.MaxValue);

        Explanation explanation = Explain(scene, 50);

        Assert.Equal(["loop (50) waits for something that is not known: the members of epoll fd 4 could not be read. It has not run for 1 min 40 s."], Told(explanation));
        Assert.Equal("No rule calls this a hang, for it cannot be ruled out that it goes on: the members of epoll fd 4 could not be read.", explanation.Verdict);
    }

    [Fact]
    public void Explain_WaitWithATimeout_NamesTheHolderAllTheSame()
    {
        var scene = new Scene();
        scene.Process(50, "runner").ReadEnd(7000, 3)
            .Thread(50, 7, "poll_schedule_timeout.constprop.0", new CallMemory { PollSet = [new PollMember(3, 1)] }, [0x3000, 1, 5000]);
        scene.Process(60, "child", parent: 50).WriteEnd(7000, 1).WaitsForSignal();

        Explanation explanation = Explain(scene, 50);

        Assert.Equal(
            [
                "runner (50) waits for data in pipe 7000 (fd 3), whose write end is open at fd 1 of child (60). The wait has a timeout. It has not run for 1 min 40 s.",
                "child (60) waits for a signal: anybody may send one. It has not run for 1 min 40 s.",
            ],
            Told(explanation));
        Assert.Equal("runner (50) is not stuck: it goes on by itself when its time is up.", explanation.Verdict);
    }

    [Fact]
    public void Explain_WaitForTheSignalOfAChildUnderATimer_LeadsToTheChild()
    {
        var scene = new Scene();
        scene.Process(40, "bash").WriteEnd(7000, 7).WaitsFor(-1);
        Actor timeout = scene.Process(50, "timeout", parent: 40).WaitsForSignal();
        timeout.Caught = (1UL << 16) | (1UL << 14); // SIGCHLD, and SIGTERM, which it passes on
        timeout.With = record => record with { HasPosixTimers = true };
        scene.Process(60, "cat", parent: 50).ReadEnd(7000, 0).Reads(0);

        Explanation explanation = Explain(scene, 40);

        Assert.Equal(
            [
                "bash (40) waits for any of its children to exit. That is timeout (50). It has not run for 1 min 40 s.",
                "timeout (50) waits for a signal: for SIGCHLD, when its child cat (60) exits, or for another one, which anybody may send. It has set a timer, and waits no longer than that runs. It has not run for 1 min 40 s.",
                "cat (60) reads pipe 7000 (fd 0) to its end. Its write end is open at fd 7 of bash (40). It has not run for 1 min 40 s.",
            ],
            Told(explanation));
        Assert.Equal("This is no deadlock as far as can be seen: timeout (50) waits for its child no longer than a timer runs that it has set, and may end that child then.", explanation.Verdict);
    }

    [Fact]
    public void Explain_ThreadsAlike_AreToldOnce()
    {
        var scene = new Scene();
        scene.Process(50, "pool").Has(3, "socket:[900]", FdAccess.ReadWrite)
            .Thread(50, Accept, "inet_csk_accept", 3).Thread(51, Accept, "inet_csk_accept", 3).WaitsOnFutex().WaitsOnFutex().WaitsOnFutex();

        Assert.Equal(
            [
                "2 threads of pool (50): each waits for connections on socket 900 (fd 3). 3 of its threads wait on futexes, for other threads of the same process. None of its threads has run for 1 min 40 s.",
            ],
            Told(Explain(scene, 50)));
    }

    [Fact]
    public void Explain_MoreKindsOfWaitsThanAPersonReads_TellsThoseThatLeadToAnotherProcess()
    {
        const int Servers = 20;
        var scene = new Scene();
        Actor host = scene.Process(50, "host");
        for (int i = 0; i < Servers; i++)
            host.Has(100 + i, $"socket:[{900 + i}]", FdAccess.ReadWrite).Thread(50 + i, Accept, "inet_csk_accept", (ulong)(100 + i));
        host.ReadEnd(7000, 3).Reads(3);
        scene.Process(90, "sleep").WriteEnd(7000, 1).Sleeps();

        Explanation explanation = Explain(scene, 50);

        Assert.Contains("reads pipe 7000 (fd 3) to its end. Its write end is open at fd 1 of sleep (90).", Told(explanation)[0], StringComparison.Ordinal);
        Assert.Matches("[0-9]+ more of its threads wait for other things", Told(explanation)[0]);
        Assert.Equal([50, 90], explanation.Hops.Select(hop => hop.Pid));
    }

    [Fact]
    public void Explain_Zombie_SaysThatItIsOverAndTellsOfItsParent()
    {
        var scene = new Scene();
        scene.Process(50, "parent").Sleeps();
        scene.Process(60, "gone", parent: 50).State = 'Z';

        Explanation explanation = Explain(scene, 60);

        Assert.Equal(
            [
                "gone (60) has exited: nothing is left of it but its exit status, which its parent parent (50) has not asked for yet (wait(2)).",
                "parent (50) sleeps until a timer ends. It has not run for 1 min 40 s.",
            ],
            Told(explanation));
        Assert.Equal("gone (60) is not hung: it is over.", explanation.Verdict);
    }

    [Fact]
    public void Explain_Traced_NamesTheTracer()
    {
        var scene = new Scene();
        scene.Process(50, "gdb").Has(0, "/dev/pts/3", FdAccess.ReadWrite).Thread(50, 0, "wait_woken", 0);
        Actor traced = scene.Process(60, "app").Thread(60, 0, "ptrace_stop", null, [], 't');
        traced.Tracer = 50;

        Explanation explanation = Explain(scene, 60);

        Assert.Equal("app (60) is stopped by its tracer gdb (50). It has not run for 1 min 40 s.", Told(explanation)[0]);
        Assert.Equal("gdb (50) waits for input from the terminal /dev/pts/3 (fd 0). It has not run for 1 min 40 s.", Told(explanation)[1]);
    }

    [Fact]
    public void Explain_Stopped_SaysWhatContinuesIt()
    {
        var scene = new Scene();
        scene.Process(50, "job").Thread(50, 0, "do_signal_stop", null, [], 'T');

        Assert.Equal("job (50) is stopped: it goes on when it is sent SIGCONT. It has not run for 1 min 40 s.", Told(Explain(scene, 50))[0]);
    }

    [Fact]
    public void Explain_Frozen_SaysSo()
    {
        var scene = new Scene();
        scene.Process(50, "job").WaitsForSignal().With = record => record with { Frozen = true };

        Explanation explanation = Explain(scene, 50);

        Assert.Equal(
            "job (50) waits for a signal: anybody may send one. Its cgroup is frozen: no thread of it runs until that is thawed. It has not run for 1 min 40 s.",
            Told(explanation)[0]);
    }

    [Fact]
    public void Explain_ListenerOfTheRuntime_IsNoServerForThat()
    {
        var scene = new Scene();
        scene.Process(50, "app").Has(3, "socket:[900]", FdAccess.ReadWrite).Thread(50, Accept, "unix_wait_for_peer", 3);

        Explanation explanation = Explain(scene, 50,
            new SocketRecord(900, SocketFamily.Unix, SocketType.Stream, SocketState.Listening) { Name = "/tmp/dotnet-diagnostic-50-1-socket" });

        Assert.Equal("No rule calls this a hang, for it cannot be ruled out that it goes on: accept of fd 3 (socket:[900]) in unix_wait_for_peer is not decoded.", explanation.Verdict);
    }

    [Fact]
    public void Explain_PipeThatOnlyItsOwnThreadsHave_IsTheirBell()
    {
        var scene = new Scene();
        scene.Process(50, "app").ReadEnd(7000, 5).WriteEnd(7000, 6).Sleeps().Reads(5);

        Assert.Equal(
            "The main thread of app (50) sleeps until a timer ends. Its thread app (51) waits for what its own threads send each other (fd 5). None of its threads has run for 1 min 40 s.",
            Told(Explain(scene, 50))[0]);
    }

    [Fact]
    public void Explain_RanBetweenTheLooks_IsNotHung()
    {
        var scene = new Scene();
        Actor worker = scene.Process(50, "worker").ReadEnd(7000, 0).Reads(0);
        scene.Process(60, "feeder").WriteEnd(7000, 1).WaitsForSignal();
        Snapshot first = scene.Look(1000);
        worker.Ran();

        Explanation explanation = Explainer.Explain(first, scene.Look(1001), new LookMemory(), new DiagnosisOptions(), 50);

        Assert.Equal(["worker (50) reads pipe 7000 (fd 0) to its end.", "Its write end is open at fd 1 of feeder (60).", "It can still run: it ran between the two looks."], explanation.Hops[0].Sentences);
        Assert.Equal("worker (50) is not hung: it has just run.", explanation.Verdict);
    }

    /// <summary>A loop that is busy beside its hang is caught between two waits by one look or another.</summary>
    [Fact]
    public void Explain_ThreadRanWhileItWasRead_SaysWhatItWaitedFor()
    {
        var scene = new Scene();
        Actor host = scene.Process(50, "host").ReadEnd(7000, 3).WaitsOnFutex().Reads(3);
        scene.Process(60, "sleep").WriteEnd(7000, 1).Sleeps();
        host.With = record => record with { Threads = [record.Threads[0], record.Threads[1] with { Call = BlockedCall.Running, RanOutOf = record.Threads[1].Call }] };
        Snapshot look = scene.Look();
        Dictionary<int, Wait> atRest = [];

        Explainer.NoteRest(look, 50, atRest);
        Explanation explanation = Explainer.Explain(look, look, new LookMemory(), new DiagnosisOptions(), 50, atRest);

        Assert.Equal(
            ["Thread host (51) of host (50), which has just run, reads pipe 7000 (fd 3) to its end.", "Its write end is open at fd 1 of sleep (60)."],
            explanation.Hops[0].Sentences.Take(2));
        Assert.Equal([50, 60], explanation.Hops.Select(hop => hop.Pid));
        Assert.Equal("host (50) is not hung: it is running.", explanation.Verdict);
    }

    [Fact]
    public void Explain_CallsMayNotBeRead_SaysWhoseProcessItIsAndClaimsNothing()
    {
        var scene = new Scene();
        Actor hidden = scene.Process(50, "theirs").WaitsOnFutex().Hidden();
        hidden.With = record => record with { Threads = [.. record.Threads.Select(thread => thread with { Call = BlockedCall.Denied })] };

        Explanation explanation = Explain(scene, 50);

        Assert.Equal(["What theirs (50) of user 1000 waits for cannot be told: its blocked calls may not be read from here; 'orphan-agent doctor' says what is missing."], Told(explanation));
        Assert.Equal("Whether theirs (50) hangs cannot be told from here.", explanation.Verdict);
    }

    [Fact]
    public void Explain_PartOfAFinding_HasItAndNoVerdict()
    {
        var scene = new Scene();
        scene.Process(50, "sh").WaitsFor(60);
        scene.Process(60, "cat", parent: 50).ReadEnd(7000, 0).WriteEnd(7000, 4).Reads(0);

        Explanation explanation = Explain(scene, 50);

        Assert.Equal("eof-held-by-self", explanation.Finding?.Rule);
        Assert.Null(explanation.Verdict);
    }

    [Fact]
    public void Explain_MoreProcessesThanAPersonReads_CountsTheRest()
    {
        var scene = new Scene();
        scene.Process(50, "sh").WaitsFor(-1);
        for (int child = 100; child < 130; child++)
            scene.Process(child, "job", parent: 50).Sleeps();

        Explanation explanation = Explain(scene, 50);

        Assert.Equal((12, 19), (explanation.Hops.Length, explanation.NotTold));
    }

    [Fact]
    public void Explain_ThreadBesideTheMainOneWaitsForASignal_DoesNotCallThatWhatItWaitsFor()
    {
        var scene = new Scene();
        scene.Process(50, "app").Reads(3).WaitsForSignal().ReadEnd(7000, 3).WriteEnd(7001, 4);
        scene.Process(60, "sort", parent: 50).Reads(0).ReadEnd(7001, 0).WriteEnd(7000, 1);

        Assert.StartsWith("No rule calls this a hang", Explain(scene, 50).Verdict);
    }

    [Fact]
    public void Explain_WaitWithATimeoutThatHasJustRun_SaysThatOneLookCannotTell()
    {
        var scene = new Scene();
        scene.Process(50, "runner").ReadEnd(7000, 3)
            .Thread(50, 7, "poll_schedule_timeout.constprop.0", new CallMemory { PollSet = [new PollMember(3, 1)] }, [0x3000, 1, 5000]);
        scene.Process(60, "child", parent: 50).WriteEnd(7000, 1).WaitsForSignal();
        Snapshot first = scene.Look(), last = first with
        {
            Processes = [.. first.Processes.Select(process => process.Pid != 50 ? process : process with { Threads = [process.Threads[0] with { Counters = new RunCounters(99, 99) }] })],
        };

        Explanation explanation = Explainer.Explain(first, last, new LookMemory(), new DiagnosisOptions(), 50);

        Assert.Equal(
            "runner (50) has just run, and its wait has a timeout: whether it comes back to the same wait each time, one look cannot tell; 'guard' and 'run' look again and again.",
            explanation.Verdict);
    }

    [Fact]
    public void Explain_NoSuchProcess_IsNotFound() => Assert.False(Explain(new Scene(), 50).Found);

    private static Explanation Explain(Scene scene, int pid, params SocketRecord[] sockets)
    {
        Snapshot look = scene.Look() with { Sockets = [.. sockets], SocketSight = Sight.Seen };
        return Explainer.Explain(look, look, new LookMemory(), new DiagnosisOptions(), pid);
    }

    private static ImmutableArray<string> Told(Explanation explanation) => [.. explanation.Hops.Select(hop => string.Join(' ', hop.Sentences))];
}
