using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>A parent that waits for a SIGCHLD which came before.</summary>
public sealed class MissedChildTests
{
    private const ulong Terminate = 1UL << 14, Child = 1UL << 16;

    /// <summary>The worker that took the job is gone, and the one that idles has the other end of the pipe for its answer.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Diagnose_ReaderWithAChildThatHasExited_NamesThatOne(bool exited)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 4).ReadEnd(7001, 5).Reads(5);
        scene.Process(11, "idles", parent: 10).ReadEnd(7000, 3).WriteEnd(7001, 6).Reads(3);
        if (exited)
            scene.Process(12, "worker", parent: 10).State = 'Z';

        Finding finding = Assert.Single(scene.Diagnose().Findings, finding => finding.Class == FindingClass.Deadlock);

        Assert.Equal(exited, finding.Notes.Contains("worker (12), a child of parent (10) that it has not waited for, has exited: if that was to go on here, nobody does."));
    }

    [Fact]
    public void Diagnose_ParentThatPausesForAChildThatHasExited_IsProvenAndNamesIt()
    {
        Finding finding = Assert.Single(Paused(Child).Diagnose().Findings);

        Assert.Equal(("lost-wakeup", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal((10, "child:11"), (finding.Culprit!.Pid, finding.Culprit.Resource));
    }

    [Theory]
    [InlineData(Child | Terminate, 0)] // it may wait for another signal
    [InlineData(Child, Child)] // it is about to wake
    public void Diagnose_ParentThatASignalMayWake_IsHealthy(ulong caught, ulong pending)
    {
        Scene scene = Paused(caught);
        scene[10].With = record => record with { SignalsPending = pending };

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_ParentWithAnotherChildAtWork_IsHealthy()
    {
        Scene scene = Paused(Child);
        scene.Process(12, "worker", parent: 10).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_ParentInWaitpid_IsAboutToWake()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsFor(-1);
        scene.Process(11, "child", parent: 10).State = 'Z';

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_ChildThatHasJustExited_WillBeTold()
    {
        Scene scene = Paused(Child);
        scene[11].State = 'S';
        scene[11].Sleeps();
        var first = scene.Look(1000);
        scene[11].State = 'Z';
        var last = scene.Look(1001);

        Assert.Empty(OrphanBoard.Shared.Diagnosis.Diagnoser.Diagnose(first, last, new OrphanBoard.Shared.Diagnosis.LookMemory().Advance(first).Advance(last), new()).Findings);
    }

    private static Scene Paused(ulong caught)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsForSignal().Caught = caught;
        scene.Process(11, "child", parent: 10).State = 'Z';
        return scene;
    }
}
