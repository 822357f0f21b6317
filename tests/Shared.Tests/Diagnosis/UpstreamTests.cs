using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Who merely waits for somebody in a finding.</summary>
public sealed class UpstreamTests
{
    private const ulong Background = 1UL << 1 | 1UL << 2;

    [Theory]
    [InlineData(0UL, 0UL, false)] // either may be what it waits for
    [InlineData(Background, Background, false)] // wait -n
    [InlineData(Background, 0UL, false)]
    [InlineData(0UL, Background, true)]
    public void Diagnose_ShellOfAHangAndOfOneThatWorks_StandsUpstreamWhereTheHangIsInTheForeground(ulong hang, ulong works, bool upstream)
    {
        Scene scene = OwnPipe();
        scene[60].Ignored = hang;
        Actor sleep = scene.Process(61, "sleep", parent: 50).Sleeps();
        sleep.Ignored = works;
        // Whoever is in the foreground was started last.
        sleep.StartTimeTicks = 59;

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("eof-held-by-self", finding.Rule);
        Assert.Equal(upstream ? [40, 50, 60] : [60], finding.Participants.Select(participant => participant.Pid));
        Assert.DoesNotContain(61, finding.Pids);
    }

    [Theory]
    [InlineData("coproc", true, false)] // server & coproc bc; wait
    [InlineData("coproc", false, false)] // coproc bc; server & wait $!
    [InlineData("exec", true, false)] // server & exec 3> >(bc >log); wait $!
    [InlineData("exec", false, false)]
    [InlineData("fifo", false, false)]
    [InlineData("fifo", true, true)] // server & bc <fifo
    [InlineData("stdin", true, true)] // server & bc, of whose input the shell has both ends
    public void Diagnose_ShellThatWaitsForAJob_DoesNotWaitForWhatStandsBy(string how, bool younger, bool told)
    {
        var scene = new Scene();
        Actor shell = scene.Process(10, "bash").WaitsFor(-1);
        shell.Ignored = 1UL << 2;
        Actor bc = scene.Process(11, "bc", parent: 10).WriteEnd(7001, 1);
        if (how == "fifo")
        {
            shell.Has(60, "/run/fifo (deleted)", FdAccess.Write);
            bc.Has(0, "/run/fifo (deleted)", FdAccess.Read);
        }
        else
        {
            shell.WriteEnd(7000, 60);
            bc.ReadEnd(7000, 0);
        }
        bc.Reads(0);
        if (how == "coproc")
            shell.ReadEnd(7001, 63);
        if (how == "stdin")
            shell.ReadEnd(7000, 0);
        Actor server = scene.Process(12, "server", parent: 10).Sleeps();
        server.Ignored = Background;
        if (younger)
            server.StartTimeTicks = 10;

        Assert.Equal(told ? [("child-never-exits", Confidence.Likely)] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(finding => (finding.Rule, finding.Confidence)));
    }

    /// <summary>It could write to it, and would have to know of it for that.</summary>
    [Theory]
    [InlineData("accepts", Confidence.Likely)]
    [InlineData("sleeps", Confidence.Likely)]
    [InlineData("reads", null)] // and may write then
    [InlineData("was told of it", null)]
    [InlineData("has it at another number", null)] // somebody gave it that
    [InlineData("has it at its stdout", null)]
    [InlineData("closes it on exec", null)]
    [InlineData("is a copy of its parent", null)]
    [InlineData("alone", null)] // for whom the filter waits
    public void Diagnose_FilterWhoseInputAServerWasStartedWith_IsToldWhereItsParentKeepsThatAndTheServerIdles(string server, Confidence? told)
    {
        Scene scene = new Scene().Pair(500, 501, "/run/clients");
        Actor parent = scene.Process(10, "starter").WaitsFor(11);
        if (server != "alone")
            parent.WriteEnd(7000, 5);
        scene.Process(11, "sort", parent: 10).ReadEnd(7000, 0).Reads(0);
        int fd = server switch { "has it at another number" => 6, "has it at its stdout" => 1, _ => 5 };
        Actor holder = scene.Process(12, server == "is a copy of its parent" ? "starter" : "server", parent: 10).Has(fd, "pipe:[7000]", FdAccess.Write, closeOnExec: server == "closes it on exec").Socket(8, 500);
        if (server == "has it at another number")
            parent.Has(6, "/dev/null", FdAccess.Read);
        _ = server switch { "reads" => holder.Receives(8), "sleeps" => holder.Sleeps(), _ => holder.Thread(12, 43, "inet_csk_accept", 8, 0, 0) };
        foreach (Actor actor in (Actor[])[parent, holder])
        {
            actor.With = record => record with
            {
                Exe = $"/usr/bin/{record.Comm}",
                Cmdline = server == "was told of it" && record.Pid == 12 ? ["server", "--log-fd=5"] : record.Cmdline,
            };
        }

        Assert.Equal(told is { } sure ? [("child-never-exits", sure, 10, 5)] : [], scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(finding => (finding.Rule, finding.Confidence, finding.Culprit!.Pid, finding.Culprit.Fd!.Value)));
    }

    /// <summary>It has the pipe at no number at which its own parent has anything, and made it.</summary>
    [Fact]
    public void Diagnose_WorkersOfOneThatSleepsAndHasThePipe_WaitForThat()
    {
        var scene = new Scene();
        scene.Process(40, "shell").WaitsFor(50);
        Actor supervisor = scene.Process(50, "supervisor", parent: 40).ReadEnd(7000, 3).WriteEnd(7000, 4).Sleeps();
        Actor[] workers = [.. ((int[])[60, 61]).Select(pid => scene.Process(pid, "worker", parent: 50).ReadEnd(7000, 3).WriteEnd(7000, 4).ReadsAByte(3))];
        foreach (Actor actor in (Actor[])[scene[40], supervisor, .. workers])
            actor.With = record => record with { Exe = $"/usr/bin/{record.Comm}" };

        Assert.DoesNotContain(scene.Diagnose().Findings, finding => finding.Class is FindingClass.Deadlock or FindingClass.Stall);
    }

    [Fact]
    public void Diagnose_ShellAllOfWhoseChildrenHang_NamesThemAll()
    {
        Scene scene = OwnPipe();
        scene.Process(61, "perl", parent: 50).ReadEnd(7002, 3).WriteEnd(7002, 4).Reads(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Contains(finding.Explanation, sentence => sentence.StartsWith("sh (50) waits for any of its children to exit. Those are perl (60) and perl (61).", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Diagnose_ShellOfAPipelineWhoseFirstIsHeldUp_StandsUpstreamUnlessTheNextGoesOnByItself(bool waits)
    {
        Scene scene = Scenes.HeldByOrphan();
        scene.Process(99, "sh").WaitsFor(-1);
        scene.Process(100, "runner", parent: 99).Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: true).WriteEnd(7001, 1).Reads(3);
        Actor next = scene.Process(101, "tee", parent: 99).ReadEnd(7001, 0);
        _ = waits ? next.Reads(0) : next.Sleeps();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(waits ? [99, 100, 120] : [100, 120], finding.Participants.Select(participant => participant.Pid));
        Assert.Equal(waits, finding.Explanation.Contains("sh (99) waits for any of its children to exit. Those are runner (100) and tee (101)."));
    }

    [Fact]
    public void Diagnose_ReaderOfWhatAHangAndOneThatWorksMayWrite_StandsUpstreamForItNeedsTheEndOfBoth()
    {
        var scene = new Scene();
        scene.Process(50, "sh").ReadEnd(7001, 3).Reads(3);
        scene.Process(60, "perl", parent: 50).WriteEnd(7001, 1).ReadEnd(7002, 3).WriteEnd(7002, 4).Reads(3);
        scene.Process(61, "sleep", parent: 50).WriteEnd(7001, 1).Sleeps();

        Assert.Equal([50, 60], Assert.Single(scene.Diagnose().Findings).Participants.Select(participant => participant.Pid));
    }

    /// <summary>A reader of its own pipe below a shell that waits for any of its children, below make, which waits for the shell.</summary>
    private static Scene OwnPipe()
    {
        var scene = new Scene();
        scene.Process(40, "make").WaitsFor(50);
        scene.Process(50, "sh", parent: 40).WaitsFor(-1);
        scene.Process(60, "perl", parent: 50).ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3);
        return scene;
    }
}
