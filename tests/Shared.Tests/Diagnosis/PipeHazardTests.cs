using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>own-both-ends and leaked-write-end.</summary>
public sealed class PipeHazardTests
{
    private static Func<ProcessRecord, ProcessRecord> Exe(string path) => record => record with { Exe = path };

    private static Actor PollsWithTimeout(Actor actor, int fd) =>
        actor.Thread(actor.NextTid, 7, "poll_schedule_timeout.constprop.0", new CallMemory { PollSet = [new PollMember(fd, 1)] }, [0x3000, 1, 400]);

    [Fact]
    public void Diagnose_PollsItsStdinWhoseWriteEndItHas_IsAHazard()
    {
        var scene = new Scene();
        PollsWithTimeout(scene.Process(10, "filter").ReadEnd(7000, 0).WriteEnd(7000, 4), 0).Sleeps();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal((FindingClass.Hazard, "own-both-ends"), (finding.Class, finding.Rule));
        Assert.Equal((10, 4, "pipe:[7000]"), (finding.Culprit!.Pid, finding.Culprit.Fd!.Value, finding.Culprit.Resource));
    }

    [Theory]
    [InlineData("nothing", 1)]
    [InlineData("another thread", 0)]
    [InlineData("a signal handler", 0)]
    [InlineData("another writer", 0)]
    public void Diagnose_PollsAPipeOfItsOwnAboveStdio_IsAHazardOnlyIfNobodyElseCouldWrite(string what, int findings)
    {
        var scene = new Scene();
        Actor actor = PollsWithTimeout(scene.Process(10, "poller").ReadEnd(7000, 3).WriteEnd(7000, 4), 3);
        if (what == "another thread")
            actor.Sleeps();
        if (what == "a signal handler")
            actor.Caught = 1UL << 1;
        if (what == "another writer")
            scene.Process(11, "writer").WriteEnd(7000, 1).Sleeps();

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(true, true, 0)] // so a process wakes itself
    [InlineData(true, false, 1)] // a reader that does not wait, of what was made for a child's output
    [InlineData(false, false, 1)]
    public void Diagnose_PollsAPipeOfItsOwnWhoseWriterDoesNotWait_IsNoHazard(bool reader, bool writer, int findings)
    {
        var scene = new Scene();
        PollsWithTimeout(scene.Process(10, "poller").ReadEnd(7000, 3).WriteEnd(7000, 4), 3)
            .Fd(3, fd => fd with { NonBlocking = reader }).Fd(4, fd => fd with { NonBlocking = writer });

        Assert.Equal(Enumerable.Repeat("own-both-ends", findings), scene.Diagnose().Findings.Select(finding => finding.Rule));
    }

    /// <summary>A runner reads what its tool writes; a bystander has the write end too.</summary>
    private static Scene Collected(bool closeOnExec = false)
    {
        var scene = new Scene();
        scene.Process(10, "runner").ReadEnd(7000, 3).Reads(3).With = Exe("/bin/runner");
        scene.Process(11, "tool", parent: 10).WriteEnd(7000, 1).Sleeps().With = Exe("/bin/tool");
        scene.Process(12, "bystander", parent: 10).Has(5, "pipe:[7000]", FdAccess.Write, closeOnExec).Sleeps().With = Exe("/bin/bystander");
        return scene;
    }

    [Fact]
    public void Diagnose_BystanderHasAnotherChildsOutput_IsAHazard()
    {
        Finding finding = Assert.Single(Collected().Diagnose().Findings);

        Assert.Equal((FindingClass.Hazard, "leaked-write-end"), (finding.Class, finding.Rule));
        Assert.Equal((12, 5, "pipe:[7000]"), (finding.Culprit!.Pid, finding.Culprit.Fd!.Value, finding.Culprit.Resource));
        Assert.Equal([12], finding.Pids);
    }

    [Fact]
    public void Suspects_Bystander_IsOneBeforeItsFlagsAreKnown() => Assert.Contains(12, Diagnoser.Suspects(Collected(closeOnExec: true).Look(), new LookMemory()));

    public static TheoryData<string> Harmless => [.. Changes.Keys];

    private static readonly Dictionary<string, Action<Scene>> Changes = new()
    {
        ["it is closed on exec"] = scene => scene[12].Has(5, "pipe:[7000]", FdAccess.Write, closeOnExec: true),
        ["it is its stderr too"] = scene => scene[12].WriteEnd(7000, 2),
        ["a worker forked of the same program"] = scene => scene[12].With = Exe("/bin/runner"),
        ["the bystander reads it as well: a job server"] = scene => scene[12].ReadEnd(7000, 4),
        ["the tool reads it as well: a job server"] = scene => scene[11].ReadEnd(7000, 4),
    };

    [Theory]
    [MemberData(nameof(Harmless))]
    public void Diagnose_WriteEndThatMayBeMeantToBeThere_IsNoHazard(string change)
    {
        Scene scene = Collected();
        Changes[change](scene);

        Assert.DoesNotContain(scene.Diagnose().Findings, finding => finding.Rule == "leaked-write-end");
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void Diagnose_BystanderHasTheFeedingEnd_IsAHazardUnlessTheFeederWaitsLikeAShell(bool waits, int findings)
    {
        var scene = new Scene();
        Actor feeder = scene.Process(10, "feeder").WriteEnd(7000, 7);
        feeder = waits ? feeder.WaitsFor(12) : feeder.Sleeps();
        feeder.With = Exe("/bin/feeder");
        scene.Process(11, "filter", parent: 10).ReadEnd(7000, 0).Reads(0).With = Exe("/bin/filter");
        scene.Process(12, "bystander", parent: 10).WriteEnd(7000, 7).Sleeps().With = Exe("/bin/bystander");

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }
}
