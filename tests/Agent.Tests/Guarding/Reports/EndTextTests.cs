using OrphanBoard.Agent.Guarding;
using OrphanBoard.Agent.Guarding.Reports;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Tests.Guarding.Reports;

/// <summary>What is said when a command is over: leftovers, timeouts, hazards, and nothing.</summary>
public class EndTextTests
{
    [Fact]
    public void Of_NothingWrong_IsNotAByte() => Assert.Equal("", GuardText.Of(Runs.Of(GuardEnd.Exited), Runs.Context()));

    [Fact]
    public void Of_QuietBuildServerAlone_IsNotAByte() =>
        Assert.Equal("", GuardText.Of(Runs.Of(GuardEnd.Exited) with { Left = [Runs.Left(7, "server", stays: true)] }, Runs.Context()));

    [Fact]
    public void Left_BuildServerThatHoldsOutput_IsNamedAndNotBlamed() => Assert.Equal(
        """
        orphan-agent: `cargo test` has exited; what is meant to stay has its output open:
          ● server (7): `server --serve`, since today 03:03 (1 min 0 s), started by npm (120), a build
            server that is meant to stay
            has what the command wrote to still open: fd 1 (pipe:[5]). Whoever reads it to its end waits for
            this process.

        """,
        Left(Runs.Of(GuardEnd.Exited) with { Left = [Runs.Left(7, "server", stays: true, holds: Runs.Fd(1, "pipe:[5]", "w"))] }));

    [Fact]
    public void Left_Orphans_TellWhoAndWhatTheyHoldAndWhatToDo() => Assert.Equal(
        """
        orphan-agent: ORPHANS: `cargo test` has exited (0) and left 2 processes behind
          ● esbuild (131): `esbuild --serve`, since today 03:03 (1 min 0 s), started by npm (120)
            has what the command wrote to still open: fd 1 (pipe:[5]), fd 2 (pipe:[6]). Whoever reads it to
            its end waits for this process.
          ● sleep (132): `sleep --serve`, since today 03:03 (1 min 0 s), started by npm (120)
          exit code 0; --orphans=reap ends them, --orphans=fail makes this exit code 87

        """,
        Left(Runs.Of(GuardEnd.Exited) with
        {
            Left = [Runs.Left(131, "esbuild", holds: [Runs.Fd(1, "pipe:[5]", "w"), Runs.Fd(2, "pipe:[6]", "w")]), Runs.Left(132, "sleep")],
        }));

    [Fact]
    public void Left_Failed_SaysWhy() => Assert.Contains(
        "  exit code 87 (--orphans=fail)\n", Left(Runs.Of(GuardEnd.Orphans) with { Left = [Runs.Left(7, "sleep")] }), StringComparison.Ordinal);

    [Fact]
    public void Left_Reaped_SaysSo() => Assert.Contains(
        "  guard has ended all of them; exit code 0\n", Left(Runs.Of(GuardEnd.Exited) with { Left = [Runs.Left(7, "sleep", reaped: true)] }), StringComparison.Ordinal);

    [Fact]
    public void Timeout_NothingFound_TellsWhatEverybodyOfTheCommandWasDoing()
    {
        string text = GuardText.Of(Runs.Of(GuardEnd.Timeout) with { Evidence = Runs.Capture() }, Runs.Context());

        Assert.Contains("orphan-agent: TIMEOUT after 1 min 23 s in `cargo test`: nothing in it is known to hang", text, StringComparison.Ordinal);
        Assert.Contains("  ● runner (12) reads", text, StringComparison.Ordinal);
        Assert.Contains("  ● served-child (14) reads", text, StringComparison.Ordinal);
        Assert.DoesNotContain("stranger", text, StringComparison.Ordinal);
        Assert.EndsWith("exit code 88\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Timeout_EvidenceKept_TellsHowToDiagnoseItAgain() => Assert.Contains(
        "  evidence     /e v\n               orphan-agent replay '/e v/hang.capture'\n",
        GuardText.Of(Runs.Of(GuardEnd.Timeout) with { Evidence = Runs.Capture() }, Runs.Context() with { EvidenceAt = "/e v", HasCapture = true }), StringComparison.Ordinal);

    [Fact]
    public void Left_NameThatTheKernelHasCut_IsWhole() => Assert.Contains(
        "● a-service-with-a-long-name (7)", Left(Runs.Of(GuardEnd.Exited) with { Left = [Runs.Left(7, "a-service-with-") with { Cmdline = ["/opt/a-service-with-a-long-name"] }] }), StringComparison.Ordinal);

    [Fact]
    public void Timeout_WithAFinding_DrawsIt()
    {
        string text = GuardText.Of(Runs.Of(GuardEnd.Timeout, Runs.Founding() with { Confidence = Confidence.Suspected }), Runs.Context());

        Assert.Contains("  deadlock, suspected: eof-held-by-duplicate\n", text, StringComparison.Ordinal);
        Assert.Contains("◄ CULPRIT\n", text, StringComparison.Ordinal);
        Assert.Contains("  nobody could be looked at\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Hazard_IsToldInAFewLines() => Assert.Equal(
        """
        orphan-agent: hazard in `cargo test`: reader waits for ever.
           1. reader (7) reads pipe 1 to its end.
          culprit      fd 4 of reader (7), pipe:[1]
          remedy       Close fd 4.
          rule         eof-held-by-duplicate, fingerprint v1-abcdefgh; nothing hangs yet

        """,
        GuardText.Of(Runs.Of(GuardEnd.Exited, Sample.Finding("a", 7) with { Class = FindingClass.Hazard }), Runs.Context()));

    private static string Left(GuardOutcome outcome) => Runs.Written(output => LeftText.Write(output, outcome, Runs.Context()));
}
