using OrphanBoard.Agent.Guarding.Reports;
using OrphanBoard.Agent.Guarding.Reports.Picture;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Tests.Guarding.Reports;

public class WaitPictureTests
{
    [Fact]
    public void Write_TwoProcesses_JoinsWaitersAndEnds() => Assert.Equal(
        """
          ┌────► ● reader (100)   1 thread in anon_pipe_read
          │ ┌─────── reads A → reader (101)
          │ │        fd 3      read   A pipe 900 ◄───────────────┐
          │ │        fd 4      write  B pipe 901 ──────────────┐ │
          │ │                                                  │ │
          │ └──► ● reader (101)   1 thread in anon_pipe_read   │ │
          └───────── reads B → reader (100)                    │ │
                     fd 3      read   B pipe 901 ◄─────────────┘ │
                     fd 4      write  A pipe 900 ────────────────┘

        """,
        Text(Runs.Ring(2)));

    [Fact]
    public void Write_Ascii_LinesCrossWithoutJoining() => Assert.Equal(
        """
          +----> o reader (100)   1 thread in anon_pipe_read
          | +------- reads A -> reader (102)
          | |        fd 3      read   A pipe 900 <-------------+
          | |        fd 4      write  B pipe 901 --------------|---+
          | |                                                  |   |
          | +--> o reader (102)   1 thread in anon_pipe_read   |   |
          | +------- reads C -> reader (101)                   |   |
          | |        fd 3      read   C pipe 902 <-------------|-+ |
          | |        fd 4      write  A pipe 900 --------------+ | |
          | |                                                    | |
          | +--> o reader (101)   1 thread in anon_pipe_read     | |
          +--------- reads B -> reader (100)                     | |
                     fd 3      read   B pipe 901 <---------------|-+
                     fd 4      write  C pipe 902 ----------------+

        """,
        Text(Runs.Ring(3), Runs.Ascii));

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(12)]
    [InlineData(40)]
    public void Write_ManyProcesses_FitAndAreAllNamedOrCounted(int processes)
    {
        string[] lines = Text(Runs.Ring(processes, "a-name-that-is-long-and-wide-中文字-and-goes-on")).TrimEnd('\n').Split('\n');

        Assert.All(lines, line => Assert.InRange(Shown.Columns(line), 0, 100));
        Assert.Equal(Math.Min(processes, 12), lines.Count(line => line.Contains('●', StringComparison.Ordinal)));
        Assert.Equal(processes > 12, lines[^1].Contains($"and {processes - 12} more processes", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_RailsOfAWideStar_AreBounded()
    {
        Finding star = Runs.Ring(12) with
        {
            Edges = [.. Enumerable.Range(0, 12).SelectMany(i => Enumerable.Range(0, 12).Where(j => j != i).Select(j => Runs.Wait(100 + i, "pipe-read", $"pipe:[{900 + i}]", (100 + j, 4))))],
        };

        string[] lines = Text(star).Split('\n');

        Assert.All(lines, line => Assert.InRange(Shown.Columns(line), 0, 100));
        Assert.Equal(12, lines.Count(line => line.Contains("(and waits for 7 more)", StringComparison.Ordinal)));
    }

    [Fact]
    public void Write_ProcessThatWaitsForItself_IsToldThreadByThread()
    {
        Finding self = Runs.Founding() with
        {
            Participants = [Runs.Process(12, 1, "locks", ParticipantRole.Waiter, "futex", "futex_do_wait", 2)],
            Culprit = null,
            Culprits = [],
            Edges = [Runs.Wait(12, "futex", "futex:0x10", (12, null)), new(new EdgeEnd(12, 1201), 0, "futex", "futex:0x20", [new EdgeTarget(12, null, false)], EdgeBasis.Proven)],
        };

        Assert.Equal(
            """
              ● locks (12)   2 threads in futex_do_wait
                  thread locks (12) waits on futex:0x10 → itself
                  thread worker (1201) waits on futex:0x20 → itself

            """, Text(self));
    }

    [Fact]
    public void Write_BothEndsOfAConnection_AreOneThing()
    {
        Finding talk = Runs.Founding() with
        {
            Rule = "socket-mutual-read",
            Participants =
            [
                Runs.Process(12, 1, "a", ParticipantRole.Waiter, "socket-read", "unix_stream_read_generic", 1, Runs.Fd(3, "socket:[7]", "rw")),
                Runs.Process(13, 1, "b", ParticipantRole.Waiter, "socket-read", "unix_stream_read_generic", 1, Runs.Fd(4, "socket:[8]", "rw")),
            ],
            Culprit = null,
            Culprits = [],
            Edges = [Runs.Wait(12, "socket-read", "socket:[7]", (13, 4)), Runs.Wait(13, "socket-read", "socket:[8]", (12, 3))],
        };

        Assert.Equal(
            """
              ┌────► ● a (12)   1 thread in unix_stream_read_generic
              │ ┌─────── reads A → b (13)
              │ │        fd 3      both   A socket 7 ──────────────────┐
              │ │                                                      │
              │ └──► ● b (13)   1 thread in unix_stream_read_generic   │
              └───────── reads A → a (12)                              │
                         fd 4      both   A socket 8 ──────────────────┘

            """, Text(talk));
    }

    [Fact]
    public void Write_NobodyToDraw_IsNothing() => Assert.Equal("", Text(Sample.Finding("a", 7) with { Culprit = null, Culprits = [], Pids = [] }));

    [Theory]
    [InlineData("C.UTF-8", null, true, true)]
    [InlineData("de_DE.utf8", "1", true, false)]
    [InlineData("C", null, false, true)]
    [InlineData(null, null, false, true)]
    public void Style_OfAnEnvironment_FollowsLocaleAndNoColor(string? locale, string? noColor, bool unicode, bool colour) => Assert.Equal(
        new TextStyle(unicode, colour),
        TextStyle.Of(name => name switch { "LC_ALL" => "", "LC_CTYPE" => locale, "LANG" => locale, "NO_COLOR" => noColor, _ => null }, terminal: true));

    [Theory]
    [InlineData(null, 100)]
    [InlineData(80, 80)]
    [InlineData(300, 100)]
    [InlineData(20, 60)]
    public void Style_OfATerminal_IsAsWideAsThatWithinReason(int? columns, int width) => Assert.Equal(width, TextStyle.Of(_ => null, terminal: true, columns).Columns);

    [Fact]
    public void Style_NoTerminal_HasNoColour() => Assert.False(TextStyle.Of(_ => null, terminal: false).Colour);

    private static string Text(Finding finding, TextStyle? style = null) => Runs.Written(output => WaitPicture.Write(output, finding, style ?? TextStyle.File));
}
