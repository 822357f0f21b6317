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
}
