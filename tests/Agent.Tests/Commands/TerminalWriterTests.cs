using OrphanBoard.Agent.Commands;

namespace OrphanBoard.Agent.Tests.Commands;

public sealed class TerminalWriterTests
{
    [Fact]
    public void WriteLine_WiderThanTheTerminal_IsBrokenAtBlanksAndGoesOnIndented() => Assert.Equal(
        """
          reader (7) reads pipe 4711 (fd 3) to its
              end. Its write end is open at fd 4
              of parent (6).

        """,
        Written(42, "  reader (7) reads pipe 4711 (fd 3) to its end. Its write end is open at fd 4 of parent (6)."));

    [Theory]
    [InlineData(42, "reader (7) reads   pipe 4711 (fd 3) to its")]
    [InlineData(42, "")]
    [InlineData(42, "    /a/path/that/is/wider/than/the/terminal/and/may/be/copied")]
    [InlineData(20, "in so little room the terminal breaks lines as well as we do")]
    public void WriteLine_WhereNothingIsToBeBroken_IsAsItWas(int columns, string line) => Assert.Equal($"{line}\n", Written(columns, line));

    [Fact]
    public void WriteLine_WordWiderThanTheTerminal_HasALineOfItsOwn() => Assert.Equal(
        """
        evidence at
            /a/path/that/is/wider/than/the/terminal/and/may/be/copied
            and more

        """,
        Written(42, "evidence at /a/path/that/is/wider/than/the/terminal/and/may/be/copied and more"));

    [Fact]
    public void WriteLine_WideLetters_AreCountedAsTheTerminalShowsThem() => Assert.Equal(
        $"{new string('漢', 20)}\n    {new string('字', 18)}\n",
        Written(42, $"{new string('漢', 20)} {new string('字', 18)}"));

    private static string Written(int columns, string line)
    {
        using var terminal = new StringWriter { NewLine = "\n" };
        using var writer = new TerminalWriter(terminal, columns);
        writer.WriteLine(line);
        return terminal.ToString();
    }
}
