using OrphanBoard.Agent.Commands;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Tests.Commands;

public class FindingTextTests
{
    private static readonly Visibility Whole = new(1200, 3000, 1, 0, 0, true);

    [Fact]
    public void Write_NothingFound_SaysSoInOneLine() => Assert.Equal("nothing found in 1,200 processes with 3,000 threads\n", Text([], Whole));

    [Fact]
    public void Write_PartHidden_SaysHowMuch() => Assert.Equal(
        """
        nothing found in 1 process with 1 thread
        not everything was visible: 1 fd table and 13 blocked calls could not be read; 'orphan-agent doctor' on that host says why

        """,
        Text([], new Visibility(1, 1, 1, 1, 13, false)));

    [Fact]
    public void Write_ReadsAbandoned_SaysOfHowMany() => Assert.Equal(
        """
        nothing found in 1,200 processes with 3,000 threads
        2 processes could not be read in part: the reads blocked and had to be abandoned; 'orphan-agent doctor' on that host says which

        """,
        Text([], Whole with { Complete = false, ReadsAbandoned = 2 }));

    [Fact]
    public void Write_Finding_IsABlockWithCulpritAndRemedy() => Assert.Equal(
        """
        deadlock, proven: eof-held-by-duplicate
          reader waits for ever.
            reader (7) reads pipe 1 to its end.
          culprit: fd 4 of reader (7), pipe:[1]. Close fd 4.
          assumed: None of them has an alarm pending: the kernel does not show those.
          waited at least 1 h 6 min; fingerprint v1-abcdefgh

        1 finding (1 deadlock) in 1,200 processes with 3,000 threads

        """,
        Text([Sample.Finding("a", 7)], Whole));

    [Fact]
    public void Write_NameThatActsOnATerminal_IsShownEscaped()
    {
        string text = Text([Sample.Finding("a", 7, "\u001b[2J\nred\u202e")], Whole);

        Assert.DoesNotContain('\u001b', text);
        Assert.DoesNotContain('\u202e', text);
        Assert.Contains(@"\x1b[2J\nred\u202e waits for ever.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_CulpritsWithOneRemedy_SaysItOnce()
    {
        Finding finding = Sample.Finding("a", 7) with { Culprits = [new(7, 4, "pipe:[1]", "Close it."), new(8, 5, "pipe:[1]", "Close it."), new(9, 6, "pipe:[1]", "End it.")] };

        Assert.Contains(
            """
              culprit: fd 4 of reader (7), pipe:[1]. Close it.
              culprit: fd 5 of pid 8, pipe:[1].
              culprit: fd 6 of pid 9, pipe:[1]. End it.

            """,
            Text([finding], Whole),
            StringComparison.Ordinal);
    }

    private static string Text(Finding[] findings, Visibility visibility)
    {
        using var output = new StringWriter { NewLine = "\n" };
        FindingText.Write(output, [.. findings], visibility);
        return output.ToString();
    }
}
