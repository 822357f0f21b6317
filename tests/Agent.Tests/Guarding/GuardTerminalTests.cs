namespace OrphanBoard.Agent.Tests.Guarding;

/// <summary>A terminal stays a terminal, with the shell's job control: script(1) makes it, and hands our pipe on as keyboard and screen.</summary>
public sealed class GuardTerminalTests
{
    private const string Suspend = "\x1a", EndOfInput = "\x04";

    [Fact]
    public async Task Guard_InATerminal_TheCommandHasIt()
    {
        await using var terminal = GuardedProgram.Other("script", "-qec", "\"$AGENT\" guard -- sh -c 'test -t 0 && test -t 1 && test -t 2 && stty -a </dev/tty >/dev/null && echo all of it'", "/dev/null");

        Assert.Contains("all of it", await terminal.LinesUntilAsync("all of it"));
    }

    [Fact]
    public async Task Guard_InATerminal_LeavesItsSettingsAlone()
    {
        await using var terminal = GuardedProgram.Other("script", "-qec", "stty -echo -icanon min 3; stty -g; \"$AGENT\" guard -- stty -g; stty -g; echo over", "/dev/null");

        List<string> lines = await terminal.LinesUntilAsync("over");

        Assert.Equal(4, lines.Count);
        Assert.Single(lines.Take(3).Distinct());
    }

    [Fact]
    public async Task Guard_SuspendedAndContinued_GoesOnWithItsCommand()
    {
        await using var terminal = Shell();
        await terminal.WriteAsync("\"$AGENT\" guard -- sh -c 'echo ready $((6*7)); exec sed -u s/^/got-/'\n");
        await terminal.LinesUntilAsync("ready 42");

        await terminal.WriteAsync(Suspend);
        // A line that comes sooner may yet be read by the command, on its way to stop.
        await terminal.LinesUntilOneWithAsync("Stopped");
        await terminal.WriteAsync("jobs -s | grep -c guard\n");
        await terminal.LinesUntilAsync("1");
        await terminal.WriteAsync("fg >/dev/null\n");
        await terminal.WriteAsync("hello\n");
        await terminal.LinesUntilAsync("got-hello");
        await terminal.WriteAsync(EndOfInput);

        await SaysAsync(terminal, "after");
    }

    [Fact]
    public async Task Guard_CommandStopsItself_TheShellHasTheTerminalUntilFg()
    {
        await using var terminal = Shell();
        await terminal.WriteAsync("\"$AGENT\" guard -- sh -c 'kill -TSTP $$; echo back $((6*7)); exit 9'\n");

        await SaysAsync(terminal, "prompt");
        await terminal.WriteAsync("fg >/dev/null; echo exit-$?\n");

        await terminal.LinesUntilAsync("back 42");
        await terminal.LinesUntilAsync("exit-9");
    }

    [Fact]
    public async Task Guard_InTheBackground_StopsWhenItsCommandReadsTheTerminal()
    {
        await using var terminal = Shell();
        await terminal.WriteAsync("\"$AGENT\" guard -- sed -u s/^/got-/ &\n");
        await terminal.WriteAsync("until jobs -s | grep -q guard; do :; done; echo stopped-$((6*7))\n");
        await terminal.LinesUntilAsync("stopped-42");

        await terminal.WriteAsync("fg >/dev/null\n");
        await terminal.WriteAsync("hello\n");
        await terminal.LinesUntilAsync("got-hello");
        await terminal.WriteAsync(EndOfInput);

        await SaysAsync(terminal, "after");
    }

    private static GuardedProgram Shell() => GuardedProgram.Other("script", "-qec", "PS1= exec bash --norc --noprofile -i", "/dev/null");

    /// <summary>The shell, and nobody else, answers: what it is asked is no word of the answer.</summary>
    private static async Task SaysAsync(GuardedProgram terminal, string word)
    {
        await terminal.WriteAsync($"echo {word}-$((6*7))\n");
        await terminal.LinesUntilAsync($"{word}-42");
    }
}
