using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Who is told of signals by a signalfd among the fds that it polls.</summary>
public sealed class SignalFdTests
{
    private const ulong Terminate = 1UL << 14, Child = 1UL << 16;

    [Fact]
    public void Diagnose_CollectorIsToldOfSignals_IsLikelyAndSaysWhy()
    {
        Finding finding = Assert.Single(Collector(Terminate | Child, pending: 0).Diagnose().Findings);

        Assert.Equal((FindingClass.Deadlock, Confidence.Likely, "eof-held-by-duplicate", 11, 4), (finding.Class, finding.Confidence, finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Contains("collector (10) is told of signals at fd 7, and what it does when one comes does not show", finding.NotProvenBecause);
    }

    [Theory]
    [InlineData(Terminate | Child, Child)] // it is about to wake
    [InlineData(null, Terminate)] // of which signals it is told was not read
    public void Diagnose_SignalIsPending_IsNoHang(ulong? told, ulong pending) => Assert.Empty(HangsOf(Collector(told, pending)));

    [Theory]
    [InlineData(Terminate | Child, 0)]
    [InlineData(Terminate, 1)]
    public void Diagnose_ToldOfTheEndOfAChildThatRuns_IsNoHang(ulong told, int findings)
    {
        Scene scene = Collector(told, pending: 0);
        scene.Process(12, "worker", parent: 10).Sleeps();

        Assert.Equal(findings, HangsOf(scene).Count());
    }

    [Fact]
    public void Diagnose_NothingBesideSignals_IsSilent()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsFor(11);
        scene.Process(11, "service", parent: 10).Has(7, "anon_inode:[signalfd]", FdAccess.ReadWrite).Fd(7, fd => fd with { Signals = Terminate }).Polls(7);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(true, true, "child-never-exits")]
    [InlineData(true, false, "pipe-read-cycle")]
    [InlineData(false, true, null)] // what it is there for may be the signals, and its input tells it that its parent is gone
    [InlineData(false, false, null)]
    public void Diagnose_InputOfARelay_IsSuspectedWhereSomebodyReadsItsTerminal(bool terminal, bool waits, string? rule)
    {
        var scene = new Scene();
        Actor parent = scene.Process(10, "parent").WriteEnd(7000, 4).ReadEnd(7001, 5);
        _ = waits ? parent.WaitsFor(11) : parent.Reads(5);
        Actor relay = scene.Process(11, "relay", parent: 10).ReadEnd(7000, 0).WriteEnd(7001, 1)
            .Has(7, "anon_inode:[signalfd]", FdAccess.ReadWrite).Fd(7, fd => fd with { Signals = Terminate });
        if (terminal)
        {
            relay.Has(3, "/dev/ptmx", FdAccess.ReadWrite).Fd(3, fd => fd with { TtyIndex = 5 }).Polls(7, 3, 0);
            scene.Process(12, "child", parent: 11).Has(0, "/dev/pts/5", FdAccess.ReadWrite).Fd(0, fd => fd with { Timeouts = new SocketTimeouts(default, default) }).Thread(12, 0, "wait_woken", 0);
        }
        else
            relay.Polls(7, 0);

        Assert.Equal(rule is null ? [] : [(Confidence.Suspected, rule, 10)], scene.Diagnose().Findings.Select(finding => (finding.Confidence, finding.Rule, finding.Culprit!.Pid)));
    }

    /// <summary>That a child has its stdio twice is a hazard all the same.</summary>
    private static IEnumerable<Finding> HangsOf(Scene scene) => scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock);

    /// <summary>It collects the output of a child that has it twice and waits for input from it.</summary>
    private static Scene Collector(ulong? told, ulong pending)
    {
        var scene = new Scene();
        scene.Process(10, "collector").ReadEnd(7000, 3).WriteEnd(7001, 6).Has(7, "anon_inode:[signalfd]", FdAccess.ReadWrite).Fd(7, fd => fd with { Signals = told }).Polls(7, 3)
            .With = record => record with { SignalsPending = pending };
        scene.Process(11, "child", parent: 10).WriteEnd(7000, 1, 4).ReadEnd(7001, 0).Reads(0);
        return scene;
    }
}
