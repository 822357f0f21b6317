using System.Globalization;
using OrphanBoard.Agent.Tests.Commands;

namespace OrphanBoard.Agent.Tests.Guarding;

/// <summary>Signals reach the command once each, and find it as it would be without guard.</summary>
public sealed class GuardSignalTests
{
    /// <summary>Says each signal that it gets, and each line of its stdin, until that ends.</summary>
    private const string Tells = """
        import os, signal, sys
        def tell(number, frame): os.write(1, f"signal {int(number)}\n".encode()) # a print may have been interrupted
        for number in signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT, signal.SIGQUIT: signal.signal(number, tell)
        print("ready", flush=True)
        for line in sys.stdin: print("line", line.strip(), flush=True)
        print("end", flush=True)
        """;

    [Fact]
    public async Task Guard_IsSentSignals_SendsEachOnOnce()
    {
        await using var guarded = GuardedProgram.Start("python3", "-I", "-c", Tells);
        Assert.Equal("ready", await guarded.LineAsync());

        foreach (int signal in (int[])[GuardedProgram.Terminate, GuardedProgram.Hangup, GuardedProgram.User1, GuardedProgram.Interrupt])
        {
            guarded.Send(signal);
            Assert.Equal($"signal {signal}", await guarded.LineAsync());
        }

        Ran ran = await guarded.EndAsync();
        Assert.Equal((0, "end\n", ""), (ran.Exit, ran.Text, ran.Error));
    }

    [Fact]
    public async Task Guard_CommandDiesOfTheSignal_EndsWithItsCode()
    {
        await using var guarded = GuardedProgram.Start("sh", "-c", "echo ready; exec cat");
        Assert.Equal("ready", await guarded.LineAsync());

        guarded.Send(GuardedProgram.Terminate);
        await guarded.WaitForExitAsync();

        Ran ran = await guarded.EndAsync();
        Assert.Equal((128 + GuardedProgram.Terminate, ""), (ran.Exit, ran.Error));
    }

    [Theory]
    [InlineData("")]
    [InlineData("trap '' HUP;")]
    [InlineData("trap '' INT QUIT USR1;")]
    [InlineData("trap '' XFSZ ALRM TSTP TTIN TTOU WINCH;")]
    public async Task Guard_Dispositions_AreThoseThatItWasStartedWith(string before)
    {
        const string Tell = "grep -E '^Sig(Ign|Blk|Cgt):' /proc/self/status";
        await using var shell = GuardedProgram.Shell($"{before} {Tell}; echo --; \"$AGENT\" guard -- {Tell}");

        Ran ran = await shell.EndAsync();

        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        string[] both = ran.Text.Split("--\n");
        Assert.Equal(Masks(both[0]), Masks(both[1]));

        // SIGPIPE is a matter of the native program (GuardEdgeTests of the zoo); and posix_spawn(3) ignores the two signals
        // that are the C library's own, which each program's C library sets anew.
        static ulong[] Masks(string status) =>
            [.. status.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => ulong.Parse(line[7..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & ~(Bit(13) | Bit(32) | Bit(33)))];

        static ulong Bit(int signal) => 1UL << (signal - 1);
    }

    /// <summary>Without an exit status guard would wait for ever.</summary>
    [Fact]
    public async Task Guard_StartedToIgnoreSigchld_HasTheExitCodeAllTheSame()
    {
        await using var guarded = GuardedProgram.Other("python3", "-I", "-c", "import os, signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execl(os.environ['AGENT'], 'orphan-agent', 'guard', '--', 'sh', '-c', 'exit 7')");

        Ran ran = await guarded.EndAsync();

        Assert.Equal((7, ""), (ran.Exit, ran.Error));
    }

    [Fact]
    public async Task Guard_BelowNohup_LivesOnAsTheCommandDoes()
    {
        await using var guarded = GuardedProgram.Shell("trap '' HUP; exec \"$AGENT\" guard -- sh -c 'echo ready; exec cat'");
        Assert.Equal("ready", await guarded.LineAsync());

        guarded.Send(GuardedProgram.Hangup);
        await guarded.WriteAsync("still there\n");

        Assert.Equal("still there", await guarded.LineAsync());
        Assert.Equal(0, (await guarded.EndAsync()).Exit);
    }

    [Fact]
    public async Task Guard_ReaderOfTheOutputLeaves_TheCommandDiesOfIt()
    {
        await using var shell = GuardedProgram.Shell("\"$AGENT\" guard -- yes | head -n 1; echo ${PIPESTATUS[0]}");

        Ran ran = await shell.EndAsync();

        Assert.Equal((0, "y\n141\n", ""), (ran.Exit, ran.Text, ran.Error));
    }

    [Fact]
    public async Task Guard_InATerminal_CommandIsInterruptedOnce()
    {
        await using var terminal = GuardedProgram.Other("script", "-qec", $"test -t 0 && exec \"$AGENT\" guard -- python3 -I -c '{Tells}'", "/dev/null");
        await terminal.LinesUntilAsync("ready");

        await terminal.WriteAsync("\x03");
        Assert.Single(await terminal.LinesUntilAsync("signal 2"), line => line.Contains("signal", StringComparison.Ordinal));
        await terminal.WriteAsync("\x1c");
        await terminal.LinesUntilAsync("signal 3");
        await terminal.WriteAsync("on\n");
        // Nothing between the line's echo and what the command says of it: no signal has come a second time.
        Assert.DoesNotContain(await terminal.LinesUntilAsync("line on"), line => line.Contains("signal", StringComparison.Ordinal));
        await terminal.WriteAsync("\x04");
        Assert.DoesNotContain(await terminal.LinesUntilAsync("end"), line => line.Contains("signal", StringComparison.Ordinal));
        await terminal.WaitForExitAsync();
    }
}
