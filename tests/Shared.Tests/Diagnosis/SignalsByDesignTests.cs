using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Who may wait for a signal because that is what the program is for.</summary>
public sealed class SignalsByDesignTests
{
    [Fact]
    public void Diagnose_LoneProcessThatCatchesTermination_MayWaitForASignalByDesign()
    {
        var scene = new Scene();
        scene.Process(10, "daemon").ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3);
        scene[10].Caught = 1UL << 14;

        Assert.Empty(scene.Diagnose().Findings);
    }

    /// <summary>Bit of SIGTERM in SigCgt.</summary>
    private const ulong Termination = 1UL << 14;

    [Theory]
    [InlineData("self-pipe")]
    [InlineData("main thread")]
    public void Diagnose_SupervisorAndIdleWorker_MayWaitForASignalByDesign(string how)
    {
        Assert.Equal("pipe-read-cycle", Assert.Single(With(caught: 0).Diagnose().Findings).Rule);
        Assert.Empty(With(Termination).Diagnose().Findings);

        Scene With(ulong caught)
        {
            var scene = new Scene();
            Actor supervisor = scene.Process(10, "supervisor").WriteEnd(7000, 5).ReadEnd(7001, 6).ReadEnd(7002, 7).WriteEnd(7002, 8);
            if (how == "self-pipe")
                supervisor.Polls(6, 7);
            else
                supervisor.WaitsOnFutex().Reads(6);
            supervisor.Caught = caught;
            scene.Process(11, "worker", parent: 10).ReadEnd(7000, 0).WriteEnd(7001, 1).Reads(0);
            return scene;
        }
    }

    [Fact]
    public void Diagnose_DuplicateHeldByOneThatCatchesSignals_IsAFaultAllTheSame()
    {
        Scene scene = Scenes.Founding(eof: true);
        scene[110].Caught = Termination;

        Assert.Equal("eof-held-by-duplicate", Assert.Single(scene.Diagnose().Findings).Rule);
    }

    /// <summary>SIGUSR1: a program is told of something.</summary>
    private const ulong User = 1UL << 9;

    /// <summary>In its handler it unlocks, reads, continues or ends: whatever the rule, it is no proof.</summary>
    [Theory]
    [InlineData("lock", "file-lock-held-by-stuck", Confidence.Suspected)]
    [InlineData("pipe", "pipe-full-cycle", Confidence.Likely)]
    [InlineData("socket", "socket-full-cycle", Confidence.Likely)]
    [InlineData("stopped", "waiting-for-stopped-child", Confidence.Likely)]
    public void Diagnose_ParentOfTheWaiterThatCatchesSignals_IsNoProofWhateverTheRule(string what, string rule, Confidence confidence)
    {
        foreach (ulong caught in (ulong[])[0, User, Termination])
        {
            Finding finding = Assert.Single(With(caught).Diagnose().Findings);

            Assert.Equal((rule, caught == 0 ? Confidence.Proven : confidence), (finding.Rule, finding.Confidence));
            Assert.Equal(caught != 0, finding.NotProvenBecause.Any(why => why.Contains("catches signals", StringComparison.Ordinal)));
        }

        Scene With(ulong caught)
        {
            var scene = new Scene();
            Actor parent = scene.Process(10, "parent").WaitsFor(11), child = scene.Process(11, "child", parent: 10);
            parent.Caught = caught;
            switch (what)
            {
                case "lock":
                    var held = new FileLock(1, false, LockKind.Flock, LockAccess.Write, 10, 0xfe00000, 42, 0, long.MaxValue);
                    parent.Opens(3, "/run/lock", 42, 1, held);
                    child.Opens(4, "/run/lock", 42, 2).WaitsForLock(4);
                    break;
                case "pipe":
                    parent.ReadEnd(7000, 3);
                    child.WriteEnd(7000, 1).Writes(1);
                    break;
                case "socket":
                    scene.Pair(50, 51).Sockets = [.. scene.Sockets!.Select(socket => socket with { ReceiveQueue = 200_000, SendQueue = 210_000 })];
                    parent.Socket(3, 50);
                    child.Socket(1, 51).Thread(11, 1, "sock_alloc_send_pskb", 1, 0x1000, 4096);
                    break;
                default:
                    child.State = 'T';
                    child.Thread(11, 230, "do_signal_stop", null, [1, 0, 0x2000], 'T').With = record => record with { StopSignal = 19 };
                    break;
            }
            return scene;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Diagnose_ParentThatMayBeMeantToEndItsChild_IsSuspectedWhateverElseIsHidden(bool hidden)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).WaitsFor(11).Caught = Termination;
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);
        if (hidden)
            scene.Process(20, "other").Sleeps().Hidden();

        Assert.Equal(("child-never-exits", Confidence.Suspected), Assert.Single(scene.Diagnose().Findings) is var finding ? (finding.Rule, finding.Confidence) : default);
    }

    /// <summary>gzip removes what it has written, and xargs says where it was: neither gives anybody anything by that.</summary>
    [Theory]
    [InlineData(0, Confidence.Likely)] // a filter
    [InlineData(3, Confidence.Suspected)] // a worker, to which the signal may say that it is to stop
    public void Diagnose_ChildThatCatchesWhatEndsIt_IsLikelyWhereItReadsItsInput(int fd, Confidence confidence)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).WaitsFor(11);
        scene.Process(11, "child", parent: 10).ReadEnd(7000, fd).Reads(fd).Caught = Termination;

        Assert.Equal(("child-never-exits", confidence), Assert.Single(scene.Diagnose().Findings) is var finding ? (finding.Rule, finding.Confidence) : default);
    }

    [Theory]
    [InlineData(2, false)] // SIGINT
    [InlineData(17, false)] // SIGCHLD
    [InlineData(18, false)] // SIGCONT
    [InlineData(28, false)] // SIGWINCH
    [InlineData(37, false)] // SIGRTMIN+3
    [InlineData(11, true)] // SIGSEGV: nobody waits for that
    public void Diagnose_ReaderOfAPipeOfItsOwn_IsNotToldWhereAHandlerMayWriteToIt(int signal, bool told)
    {
        var scene = new Scene();
        scene.Process(10, "reader").ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3).Caught = 1UL << (signal - 1);

        Assert.Equal(told ? ["eof-held-by-self"] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(finding => finding.Rule));
    }
}
