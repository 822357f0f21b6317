using System.Text;
using OrphanBoard.Agent.Guarding;
using OrphanBoard.Agent.Guarding.Reports;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Tests.Guarding.Reports;

public class PanicTextTests
{
    [Fact]
    public void Write_ProcessesWithTheSameStacks_AreShownOnce()
    {
        ProcessStacks Worker(int pid) => new(pid, "worker", "eu-stack", [new ThreadStack(pid, "worker", [new StackFrame("wait_for_work")])]);
        string text = Runs.Panic(Runs.Deadlock(Runs.Founding()) with { Stacks = [Worker(14), Worker(15), Worker(16)] }, Runs.Context());

        Assert.Equal(2, text.Split("at wait_for_work").Length);
        Assert.Contains("and 2 more processes like it: 15, 16", text);
    }

    [Fact]
    public void Write_FoundingHang_IsTheWholeStory() => Assert.Equal(
        """
        ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
        orphan-agent: DEADLOCK in `cargo test`: contract-tests (13) waits for the end of pipe 4002, which
        served-child (14) holds open at fd 1 and again at fd 4.
        ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
          proven: eof-held-by-duplicate; nothing in it has moved for at least 1 h 6 min

           1. runner (12) waits for its child contract-tests (13) to exit.
           2. contract-tests (13) reads pipe 4002 (fd 32) to its end. Its write end is open at fd 1 and
              again at fd 4 of served-child (14), the same pipe twice.
           3. served-child (14) reads pipe 4004 (fd 29) to its end. Its write end is open at fd 30 of
              contract-tests (13).
           4. Nobody else can wake any of them.

                 ● runner (12)   1 thread in do_wait
          ┌───────── waits for exit → contract-tests (13)
          │
          ├────► ● contract-tests (13)   2 threads in futex_do_wait, 1 in anon_pipe_read
          │ ┌─────── reads A to its end → served-child (14)
          │ │        fd 30     write  B pipe 4004 ─────────────────────────────────────────┐
          │ │        fd 32     read   A pipe 4002 ◄──────────────────────────────────────┐ │
          │ │                                                                            │ │
          │ └──► ● served-child (14)   6 threads in futex_do_wait, 1 in anon_pipe_read   │ │
          └───────── reads B → contract-tests (13)                                       │ │
                     fd 1, 4   write  A pipe 4002 ───────────────────────────────────────┘ │ ◄ CULPRIT
                     fd 29     read   B pipe 4004 ◄────────────────────────────────────────┘

          culprit      fd 4 of served-child (14), pipe:[4002]
          remedy       It ends when served-child (14) closes fd 4 as well as fd 1.
          assumed      None of them has an alarm pending: the kernel does not show those.
          fingerprint  v1-abcdefghijklmnopqrstuvwxyz
          seen before  3 times since Tuesday (last: yesterday 14:03, `cargo test`)

          where they are in their programs
          │ served-child (14), by eu-stack:
          │   thread main (14)
          │     at read
          │     at serve (src/service.rs:42)

          evidence     /state/evidence/x
                       orphan-agent replay /state/evidence/x/hang.capture
        orphan-agent: DEADLOCK (eof-held-by-duplicate): ending the command and all that it started; exit code 86

        """,
        Runs.Panic(Runs.Deadlock(Runs.Founding()), Runs.Context() with
        {
            EvidenceAt = "/state/evidence/x",
            HasCapture = true,
            Seen = new SeenCount(3, Runs.Now.AddDays(-2), Runs.Now.AddHours(-13).AddMinutes(-1), "cargo test"),
        }));

    [Fact]
    public void Write_NoFinding_IsNotAByte() => Assert.Equal("", Runs.Panic(Runs.Of(GuardEnd.Exited), Runs.Context()));

    [Fact]
    public void Write_NoUnicode_IsAsciiAlone()
    {
        string text = Runs.Panic(Runs.Deadlock(Runs.Founding("naïve-😀")), Runs.Context(Runs.Ascii));

        Assert.True(Ascii.IsValid(text));
        Assert.Contains(@"na\u00efve-\U0001f600 (14)", text, StringComparison.Ordinal);
        Assert.Contains(" < CULPRIT\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Colour_IsThereAndTheTextTheSame()
    {
        string plain = Runs.Panic(Runs.Deadlock(Runs.Founding()), Runs.Context()), coloured = Runs.Panic(Runs.Deadlock(Runs.Founding()), Runs.Context(new TextStyle(true, true)));

        Assert.Contains("\u001b[1;31morphan-agent: DEADLOCK", coloured, StringComparison.Ordinal);
        Assert.Equal(plain, System.Text.RegularExpressions.Regex.Replace(coloured, "\u001b\\[[0-9;]*m", ""));
    }

    [Theory]
    [InlineData(FindingClass.Deadlock, Confidence.Proven, "orphan-agent: DEADLOCK in `cargo test`")]
    [InlineData(FindingClass.Deadlock, Confidence.Likely, "orphan-agent: LIKELY DEADLOCK in `cargo test`")]
    [InlineData(FindingClass.Stall, Confidence.Likely, "orphan-agent: HANG in `cargo test`")]
    public void Write_Finding_SaysHowSureItIs(FindingClass what, Confidence confidence, string headline)
    {
        string text = Runs.Panic(Runs.Deadlock(Runs.Founding() with { Class = what, Confidence = confidence, NotProvenBecause = ["its fd table is hidden"] }), Runs.Context());

        Assert.Contains(headline, text, StringComparison.Ordinal);
        Assert.Contains("  not proven   its fd table is hidden\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_MuchToSay_IsBounded()
    {
        Finding finding = Runs.Founding() with { Explanation = [.. Enumerable.Repeat(new string('x', 10_000), 1000)], Notes = [.. Enumerable.Repeat(new string('y', 10_000), 1000)] };
        GuardOutcome outcome = Runs.Deadlock(finding) with
        {
            Stacks = [new ProcessStacks(14, "many", "eu-stack", [.. Enumerable.Range(0, 1000).Select(i => new ThreadStack(i, "thread", [.. Enumerable.Range(0, 30).Select(depth => new StackFrame($"f{i}_{depth}"))]))])],
        };

        string text = Runs.Panic(outcome, Runs.Context());

        Assert.InRange(text.Length, 1000, 100_000);
        Assert.Contains("      and 960 more: ", text, StringComparison.Ordinal);
        Assert.Contains("and 992 more notes: ", text, StringComparison.Ordinal);
        Assert.Contains("more lines: stacks.txt", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Report_SaysThatItGoesOn() => Assert.EndsWith(
        "only reported (--on-deadlock=report); the command goes on\n",
        Runs.Panic(Runs.Deadlock(Runs.Founding()), Runs.Context() with { Then = AfterPanic.Report }), StringComparison.Ordinal);

    [Fact]
    public void Write_Keep_SaysHowToLookAndHowToEndItsOwnProcessesOnly()
    {
        string text = Runs.Panic(Runs.Deadlock(Runs.Founding()), Runs.Context() with { Then = AfterPanic.Keep });

        Assert.Contains(
            """
              look at it   orphan-agent explain 14
                           orphan-agent scan --pid 12
              it is there  pid 12 and 2 processes that it started, on this machine
              end it       kill -KILL 12 13 14

            """, text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Keep_EndsWhatGuardHasAdoptedAndNotWhatOthersHave()
    {
        Finding finding = Runs.Founding();
        Participant orphan = finding.Participants[0] with { Pid = 77, Ppid = 5, Orphan = new OrphanInfo(12, "runner", 5, null, null) };

        string text = Runs.Panic(Runs.Deadlock(finding with { Participants = [.. finding.Participants, orphan, orphan with { Pid = 78, Ppid = 1 }] }), Runs.Context() with { Then = AfterPanic.Keep });

        Assert.Contains("  end it       kill -KILL 12 13 14 77\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_MoreFindings_AreALineEach() => Assert.Contains(
        "  also         deadlock, pipe-read-cycle: 2 processes read what others of them should write.\n",
        Runs.Panic(Runs.Deadlock(Runs.Founding(), Runs.Ring(2)), Runs.Context()), StringComparison.Ordinal);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Write_HostileNames_NeitherActNorBeginALine(bool unicode)
    {
        GuardOutcome outcome = Runs.Deadlock(Runs.Founding(Runs.Hostile)) with { Command = [Runs.Hostile], Left = [Runs.Left(7, Runs.Hostile)] };

        string text = Runs.Panic(outcome, Runs.Context(new TextStyle(unicode, false)) with { Seen = new SeenCount(1, Runs.Now, Runs.Now, Runs.Hostile) })
            + Runs.Written(output => LeftText.Write(output, outcome, Runs.Context(new TextStyle(unicode, false))));

        Assert.DoesNotContain(text, c => char.IsControl(c) && c != '\n' || c is '\u202e' || char.IsSurrogate(c));
        Assert.DoesNotContain("##[", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text.Split('\n'), line => line.TrimStart().StartsWith("::", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, "never under guard on this machine")]
    [InlineData(1, "once (today 01:04, `make`)")]
    [InlineData(12, "12 times since 6 Nov (last: today 01:04, `make`)")]
    public void Write_Seen_TellsHowOften(int times, string expected) => Assert.Contains(
        $"  seen before  {expected}\n",
        Runs.Panic(Runs.Deadlock(Runs.Founding()), Runs.Context() with { Seen = new SeenCount(times, Runs.Now.AddDays(-20), Runs.Now.AddHours(-2), "make") }),
        StringComparison.Ordinal);
}
