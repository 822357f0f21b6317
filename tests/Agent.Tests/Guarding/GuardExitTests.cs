using OrphanBoard.Agent.Tests.Commands;

namespace OrphanBoard.Agent.Tests.Guarding;

/// <summary>Guard ends as the command does.</summary>
public sealed class GuardExitTests
{
    [Theory]
    [InlineData(0, "exit 0")]
    [InlineData(42, "exit 42")]
    [InlineData(255, "exit 255")]
    [InlineData(128 + 9, "kill -KILL $$")]
    [InlineData(128 + 15, "kill -TERM $$")]
    [InlineData(128 + 6, "kill -ABRT $$")]
    public async Task Guard_OfCommand_HasItsExitCodeAndSaysNothing(int exit, string script)
    {
        await using var guarded = GuardedProgram.Start("sh", "-c", $"ulimit -c 0; {script}");

        Ran ran = await guarded.EndAsync();

        Assert.Equal((exit, "", ""), (ran.Exit, ran.Text, ran.Error));
    }

    [Theory]
    [InlineData(127, "no-such-program-anywhere")]
    [InlineData(127, "/no/such/program")]
    [InlineData(126, "/")]
    [InlineData(126, "/etc/passwd")]
    public async Task Guard_CommandCannotRun_SaysSoInOneLine(int exit, string program)
    {
        await using var guarded = GuardedProgram.Start(program);

        Ran ran = await guarded.EndAsync();

        Assert.Equal((exit, ""), (ran.Exit, ran.Text));
        Assert.StartsWith($"orphan-agent: guard: {program}: ", ran.Error, StringComparison.Ordinal);
        Assert.Equal(ran.Error.Length - 1, ran.Error.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Guard_OptionsOfTheCommand_AreTheCommandsOwn()
    {
        await using var guarded = GuardedProgram.Start("echo", "--version", "--help");

        Ran ran = await guarded.EndAsync();

        Assert.Equal((0, "--version --help\n", ""), (ran.Exit, ran.Text, ran.Error));
    }

    [Fact]
    public async Task Guard_BadUsage_Ends125WithoutStartingAnything()
    {
        await using var guarded = GuardedProgram.StartWith(["--grace", "soon"], "echo", "started");

        Ran ran = await guarded.EndAsync();

        Assert.Equal((125, ""), (ran.Exit, ran.Text));
        Assert.StartsWith("orphan-agent: ", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guard_ScriptWithoutInterpreterLine_IsRunByTheShell()
    {
        using var directory = new TemporaryDirectory();
        string script = Path.Combine(directory.Path, "script");
        File.WriteAllText(script, "echo \"$0 $1\"; exit 7\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var guarded = GuardedProgram.Start(script, "with blank");

        Ran ran = await guarded.EndAsync();

        Assert.Equal((7, $"{script} with blank\n", ""), (ran.Exit, ran.Text, ran.Error));
    }

    [Fact]
    public async Task Guard_WordsThatAreNoText_ComeThroughByteForByte()
    {
        await using var shell = GuardedProgram.Shell("""
            export ODD=$'\xfe\xff'
            exec "$AGENT" guard -- bash -c 'printf %s "$1" "$2" "$ODD" | od -An -tx1' bash $'\xff\x80' ''
            """);

        Ran ran = await shell.EndAsync();

        Assert.Equal((0, " ff 80 fe ff\n", ""), (ran.Exit, ran.Text, ran.Error));
    }
}
