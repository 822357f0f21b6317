using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Orphans that nobody saw become one.</summary>
public sealed class OrphanTests
{
    private static readonly JobCookie Job = new("BUILD_ID", "4711");

    /// <summary>Adopted by init; its session's leader is gone, and the other end of its stdout is closed.</summary>
    private static Actor Leftover(Scene scene, int pid = 120, string comm = "leftover")
    {
        Actor left = scene.Process(pid, comm).Has(0, "/dev/null", FdAccess.Read).WriteEnd(7000 + pid, 1).Sleeps();
        left.Session = left.Pgrp = 110;
        return left;
    }

    private static Func<ProcessRecord, ProcessRecord> Marked(params JobCookie[] cookies) => record => record with { JobCookies = [.. cookies] };

    private static DiagnosisResult Diagnose(Scene scene, params SocketRecord[] sockets)
    {
        Snapshot first = scene.Look(1000), last = scene.Look(1001) with { Sockets = [.. sockets] };
        return Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), new DiagnosisOptions());
    }

    private static SocketRecord Unix(ulong inode, ulong peer) =>
        new(inode, SocketFamily.Unix, SocketType.Stream, SocketState.Established) { Peer = peer, Shutdown = peer == 0 ? (byte)3 : (byte)0 };

    [Fact]
    public void Diagnose_FoundOrphan_SaysWhoAdoptedItAndWhoseJobItWas()
    {
        var scene = new Scene();
        Leftover(scene).With = Marked(Job);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal((FindingClass.Orphan, "orphan-idle"), (finding.Class, finding.Rule));
        Assert.Equal(new OrphanInfo(null, null, 1, null, "BUILD_ID=4711"), finding.Participants[0].Orphan);
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/var/log/leftover.log")]
    public void Diagnose_OutputThatLeadsSomewhere_IsADaemons(string output)
    {
        var scene = new Scene();
        Leftover(scene).Has(1, output, FdAccess.Write);

        Assert.Empty(scene.Diagnose().Findings);
    }

    /// <summary>strace -o FILE has ends of pipes at fd 0 and 1 that it made itself; what it was started with is what its tracee has.</summary>
    [Theory]
    [InlineData("/dev/null", 0)]
    [InlineData("/dev/pts/7 (deleted)", 1)]
    public void Diagnose_TracerWithPipesOfItsOwn_IsToldByTheStdioOfItsTracee(string output, int findings)
    {
        var scene = new Scene();
        Actor strace = scene.Process(120, "strace").ReadEnd(7120, 0).WriteEnd(7121, 1).WaitsFor(-1);
        Actor traced = scene.Process(121, "make", parent: 120).Has(0, "/dev/null", FdAccess.Read).Has(1, output, FdAccess.Write).Sleeps();
        strace.Session = strace.Pgrp = traced.Session = traced.Pgrp = 110;
        traced.Tracer = 120;

        Assert.Equal(findings, scene.Diagnose().Findings.Count(finding => finding.Class == FindingClass.Orphan));
    }

    [Fact]
    public void Diagnose_YoungerThanTheGrace_IsNotTold()
    {
        var scene = new Scene();
        Leftover(scene).StartTimeTicks = 99_700;

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(99, 0)]
    public void Diagnose_StdioIsASocket_IsAnOrphanOnlyIfItsOtherEndIsClosed(int peer, int findings)
    {
        var scene = new Scene();
        Leftover(scene).Has(1, "socket:[800]", FdAccess.ReadWrite);

        Assert.Equal(findings, Diagnose(scene, Unix(800, (ulong)peer)).Findings.Length);
        Assert.Contains(120, Diagnoser.Suspects(scene.Look(), new LookMemory()));
    }

    [Fact]
    public void Diagnose_SocketTableWasNotRead_IsNotTold()
    {
        var scene = new Scene();
        Leftover(scene).Has(1, "socket:[800]", FdAccess.ReadWrite);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void Diagnose_SessionLeaderUnderASubreaper_IsAnOrphanIfItsJobIsOver(bool others, int findings)
    {
        var scene = new Scene();
        scene.Process(50, "runner").Sleeps().With = Marked();
        Actor left = scene.Process(120, "leftover", parent: 50).ReadEnd(7000, 0).WriteEnd(7001, 1).Sleeps();
        left.Session = left.Pgrp = 120;
        left.With = Marked(Job);
        scene.Process(121, "below", parent: 120).Sleeps().With = Marked(Job);
        if (others)
            scene.Process(60, "step", parent: 50).Has(1, "/var/log/step", FdAccess.Write).Sleeps().With = Marked(Job);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData("its parent has the job's mark too")]
    [InlineData("its stdout is read")]
    [InlineData("only its stdin is closed")]
    [InlineData("its parent's marks are hidden")]
    public void Diagnose_SessionLeaderOfALivingJob_IsHealthy(string why)
    {
        var scene = new Scene();
        Actor runner = scene.Process(50, "runner").Sleeps();
        runner.With = why.StartsWith("its parent's", StringComparison.Ordinal) ? record => record with { JobCookies = null } : Marked(why.StartsWith("its parent has", StringComparison.Ordinal) ? [Job] : []);
        Actor step = scene.Process(120, "step", parent: 50).ReadEnd(7000, 0).WriteEnd(7001, 1).Sleeps();
        step.Session = step.Pgrp = 120;
        step.With = Marked(Job);
        if (why == "its stdout is read")
            runner.ReadEnd(7001, 9);
        if (why == "only its stdin is closed")
            step.Has(1, "/var/log/step", FdAccess.Write);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Diagnose_SessionLeaderUnderInit_IsAnOrphanOnlyIfAllItsStdioIsDead(bool all, int findings)
    {
        var scene = new Scene();
        Actor server = scene.Process(120, "server").ReadEnd(7000, 0).Sleeps();
        server.Session = server.Pgrp = 120;
        if (all)
            server.WriteEnd(7001, 1);
        else
            server.Has(1, "/var/log/server", FdAccess.Write);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Fact]
    public void Diagnose_ManyAlike_AreOneFindingOfTheShapeOfOne()
    {
        Scene many = new(), one = new();
        foreach (int pid in Enumerable.Range(120, 40))
            Leftover(many, pid);
        Leftover(many, 300, "another");
        Leftover(one);

        Finding[] findings = [.. many.Diagnose().Findings.OrderBy(finding => finding.Pids.Length)];

        Assert.Equal([1, 40], findings.Select(finding => finding.Pids.Length));
        Assert.Equal(Assert.Single(one.Diagnose().Findings).Fingerprint.Shape, findings[1].Fingerprint.Shape);
    }

    [Fact]
    public void Diagnose_OrphanWhoseChildRuns_IsBusy()
    {
        var scene = new Scene();
        Leftover(scene);
        scene.Process(121, "compiler", parent: 120).Runs();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("orphan-busy", 120), (finding.Rule, Assert.Single(finding.Pids)));
    }

    /// <summary>A look a second; who works in short bursts is mostly found asleep.</summary>
    /// <param name="ticks">CPU time a second, of 100 ticks.</param>
    /// <param name="rule">After ten seconds and at each look from there on.</param>
    [Theory]
    [InlineData(10, "orphan-busy")]
    [InlineData(5, "orphan-busy")]
    [InlineData(4, "orphan-idle")]
    [InlineData(0, "orphan-idle")]
    public void Advance_Orphan_IsBusyByItsCpuTimeAndNotByTheMoment(int ticks, string rule)
    {
        var scene = new Scene();
        Actor left = Leftover(scene);
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        List<string> told = [];

        for (int second = 0; second <= 40; second++)
        {
            left.With = record => record with { CpuTicks = (ulong)(100 + second * ticks) };
            told.AddRange(diagnosis.Advance(scene.Look(1000 + second)).Findings.Where(_ => second > 11).Select(finding => finding.Rule));
        }

        Assert.Equal(Enumerable.Repeat(rule, 29), told);
    }

    [Fact]
    public void Advance_BusyOrphan_StaysSoUntilItRests()
    {
        var scene = new Scene();
        Actor left = Leftover(scene);
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        ulong ticks = 0;
        string? told = null;
        void Pass(int from, ulong each)
        {
            for (int second = from; second < from + 21; second++)
            {
                ulong now = ticks += each;
                left.With = record => record with { CpuTicks = now };
                told = diagnosis.Advance(scene.Look(second)).Findings.Select(finding => finding.Rule).SingleOrDefault();
            }
        }

        Pass(1000, each: 6);
        Assert.Equal("orphan-busy", told);
        Pass(1021, each: 3);
        Assert.Equal("orphan-busy", told);
        Pass(1042, each: 1);
        Assert.Equal("orphan-idle", told);
    }

    [Fact]
    public void Diagnose_OrphanThatListensOnAPort_NamesThePort()
    {
        var scene = new Scene();
        Leftover(scene).Has(5, "socket:[900]", FdAccess.ReadWrite);

        Finding finding = Assert.Single(Diagnose(scene, new SocketRecord(900, SocketFamily.Inet, SocketType.Stream, SocketState.Listening) { Local = "127.0.0.1:8080" }).Findings);

        Assert.Equal((120, 5, "socket:[900]"), (finding.Culprit!.Pid, finding.Culprit.Fd!.Value, finding.Culprit.Resource));
    }
}
