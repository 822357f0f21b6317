using System.Security.Cryptography;
using OrphanBoard.Agent.Tests.Commands;

namespace OrphanBoard.Agent.Tests.Guarding;

/// <summary>The command has the descriptors that it would have without guard, and guard keeps none of them open but stderr.</summary>
public sealed class GuardDescriptorTests
{
    /// <summary>What a program has open: each number, where it leads, and whether exec closes it.</summary>
    private const string TellDescriptors = """
        python3 -I -c 'import os, fcntl
        for n in sorted(map(int, os.listdir("/proc/self/fd"))):
            try: print(n, os.readlink(f"/proc/self/fd/{n}"), fcntl.fcntl(n, fcntl.F_GETFL))
            except OSError: pass'
        """;

    [Fact]
    public async Task Guard_BinaryInputAndOutput_ComeThroughUntouched()
    {
        byte[] sent = RandomNumberGenerator.GetBytes(1_000_000);
        await using var guarded = GuardedProgram.Start("cat");
        using var received = new MemoryStream();
        Task reading = guarded.Output.CopyToAsync(received, guarded.Limit);

        await guarded.Input.WriteAsync(sent, guarded.Limit);
        guarded.Input.Close();
        await reading;

        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
        await guarded.WaitForExitAsync();
    }

    [Fact]
    public async Task Guard_InheritedDescriptors_AreTheSameAsWithout()
    {
        await using var shell = GuardedProgram.Shell($$"""
            exec 3</dev/null 9>/dev/zero 200<&0
            tell() { "$@" {{TellDescriptors}}; }
            tell env; echo --; tell "$AGENT" guard --
            """);

        Ran ran = await shell.EndAsync();

        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        string[] both = ran.Text.Split("--\n");
        Assert.Contains("9 /dev/zero", both[0], StringComparison.Ordinal);
        Assert.Equal(both[0], both[1]);
    }

    [Fact]
    public async Task Guard_ClosedStdio_StaysClosed()
    {
        await using var shell = GuardedProgram.Shell("""
            exec 5>&1
            "$AGENT" guard -- sh -c 'for n in 0 1 2; do [ -e /proc/$$/fd/$n ] && echo "$n is open" >&5; done; exit 3' <&- >&- 2>&-
            """);

        Ran ran = await shell.EndAsync();

        Assert.Equal((3, "", ""), (ran.Exit, ran.Text, ran.Error));
    }

    [Fact]
    public async Task Guard_BelowMake_HandsTheJobserverOn()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(Path.Combine(directory.Path, "Makefile"), """
            all: guarded other
            guarded: ; +"$$AGENT" guard -- $(MAKE) --no-print-directory -f inner.mk
            other: ; @true
            """);
        File.WriteAllText(Path.Combine(directory.Path, "inner.mk"), "all: a b\na b: ; @echo $@\n");
        await using var shell = GuardedProgram.Shell($"cd '{directory.Path}' && exec make -s -j2");

        Ran ran = await shell.EndAsync();

        // make warns when its descriptors have not come through.
        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        Assert.Equal(["a", "b"], ran.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Fact]
    public async Task Guard_CommandClosesStdout_ItsReaderMeetsTheEnd()
    {
        await using var guarded = GuardedProgram.Start("sh", "-c", "echo begun; exec >&-; read line; exit 5");
        Assert.Equal("begun", await guarded.LineAsync());

        // The command lives, for it has not been told to go on.
        Assert.Null(await guarded.LineAsync());

        await guarded.WriteAsync("on\n");
        Assert.Equal(5, (await guarded.EndAsync()).Exit);
    }

    [Fact]
    public async Task Guard_CommandClosesStdin_ItsWriterIsTold()
    {
        await using var guarded = GuardedProgram.Start("sh", "-c", "exec <&-; echo closed; exec sleep 60");
        Assert.Equal("closed", await guarded.LineAsync());

        // More than fits into a pipe: guard lets go of its end when the command has been started, and that may have been a moment ago.
        await Assert.ThrowsAsync<IOException>(() => guarded.WriteAsync(new string('?', 1_000_000)));

        guarded.Send(GuardedProgram.Terminate);
        await guarded.WaitForExitAsync();
    }
}
