using System.Globalization;

namespace OrphanBoard.Zoo;

/// <summary>Guard where there is little of something: memory, room on the disk, time; and what is asked of the native program alone.</summary>
public sealed class GuardEdgeTests : IDisposable
{
    private const int TimeoutExit = 88, CannotGuard = 125;

    private readonly string _folder = Directory.CreateTempSubdirectory("zoo-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Guarded => $"'{Places.Agent()}' guard --no-stacks";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("trap '' PIPE;")]
    [InlineData("")]
    public async Task Guard_DispositionOfSigpipe_IsThatWhichItWasStartedWith(string before)
    {
        SkipUnlessNative();
        const string Tell = "grep ^SigIgn: /proc/self/status";

        // What a test is run by may have ignored it, which no shell can undo.
        End end = await ShellAsync($"""python3 -I -c 'import os, signal, sys; signal.signal(signal.SIGPIPE, signal.SIG_DFL); os.execv("/bin/bash", ["bash", "-c", sys.argv[1]])' "{before} {Tell}; {Guarded} -- {Tell}" """);

        Assert.Equal((0, ""), (end.Exit, end.Said));
        bool[] ignored = [.. end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (ulong.Parse(line[7..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> 12 & 1) != 0)];
        Assert.Equal([before.Length > 0, before.Length > 0], ignored);
    }

    [Fact]
    public async Task Guard_TooLittleMemory_RunsTheCommandAndSaysThatNobodyWatches()
    {
        SkipUnlessNative();

        End end = await ShellAsync($"ulimit -v 100000; exec {Guarded} -- sh -c 'echo ran; exit 3'");

        Assert.Equal((3, "ran\n", "orphan-agent: guard: too little memory (ulimit -v) or too few processes (ulimit -u) for it: the command runs, and nobody watches it\n"), (end.Exit, end.Output, end.Said));
    }

    [Fact]
    public async Task Guard_TooLittleMemoryAndNoDashes_FailsInOneLine()
    {
        SkipUnlessNative();

        End end = await ShellAsync($"ulimit -v 100000; exec {Guarded} sh -c 'echo ran'");

        Assert.Equal((CannotGuard, "", 1), (end.Exit, end.Output, end.Said.Count(c => c == '\n')));
        Assert.StartsWith("orphan-agent: guard: too little memory", end.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guard_MemoryThatIsEnough_Watches()
    {
        SkipUnlessNative();

        End end = await ShellAsync($"ulimit -v 400000; exec {Guarded} -- '{Places.Program("own-stdin")}' 99>announced");

        Assert.Equal((Guard.DeadlockExit, end.Said), (end.Exit, end.Said));
        Assert.Contains("eof-held-by-self", end.Said, StringComparison.Ordinal);
    }

    /// <summary>A limit that nothing but an empty file fits in stands for a full disk.</summary>
    [Fact]
    public async Task Guard_NothingFitsOnTheDisk_TellsTheDeadlockAndWhatIsNotWritten()
    {
        SkipUnlessNative();

        End end = await ShellAsync($"ulimit -f 0; exec {Guarded} --bundle bundle --json report.json --junit report.xml -- '{Places.Program("own-stdin")}' 99>/dev/null");

        Assert.Equal((Guard.DeadlockExit, end.Said), (end.Exit, end.Said));
        Assert.Contains("orphan-agent: DEADLOCK in ", end.Said, StringComparison.Ordinal);
        string[] lines = end.Said.Split('\n');
        Assert.Single(lines, line => line.StartsWith("orphan-agent: guard: no evidence is kept: hang.capture: ", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("orphan-agent: guard: --json report.json: ", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("orphan-agent: guard: --junit report.xml: ", StringComparison.Ordinal));
        Assert.DoesNotContain("replay", end.Said, StringComparison.Ordinal);
        Assert.Equal([Path.Combine(_folder, "bundle")], Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories).Where(entry => !entry.StartsWith(Path.Combine(_folder, "orphanboard"), StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Guard_FileSizeLimit_IsTheCommandsAffair()
    {
        SkipUnlessNative();

        End end = await ShellAsync($"ulimit -f 0 -c 0; exec {Guarded} -- sh -c 'echo too much >file'");

        Assert.Equal((128 + 25, ""), (end.Exit, end.Said));
    }

    /// <summary>It would end by itself, but guard waits for nobody longer than --linger, and ends nobody that it only reports.</summary>
    [Theory]
    [InlineData("report", 5, true)]
    [InlineData("fail", 87, true)]
    [InlineData("reap", 5, false)]
    public async Task Guard_OrphanThatSleepsWithTheOutputOpen_IsReportedAndLivesOn(string orphans, int exit, bool lives)
    {
        string pid = Path.Combine(_folder, "pid");

        // Its stdin is a pipe that the test holds; what it sleeps on, it sleeps on for longer than the test.
        End end = await ShellAsync($"""
            ({Guarded} --linger 0 --grace 0 --min-wait 0 --orphans={orphans} -- sh -c 'sleep 300 & echo $! >"{pid}"; echo ok; exit 5' 2>said; echo "exit $?" >&2) | head -n 1
            test -d /proc/$(cat "{pid}") && echo lives
            kill $(cat "{pid}") 2>/dev/null || true
            """);

        Assert.Equal((0, $"exit {exit}\n", lives ? "ok\nlives\n" : "ok\n"), (end.Exit, end.Said, end.Output));
        string said = await File.ReadAllTextAsync(Path.Combine(_folder, "said"), Cancellation);
        Assert.Contains("orphan-agent: ORPHANS: ", said, StringComparison.Ordinal);
        Assert.Contains("● sleep (", said.Replace("o sleep", "● sleep", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>What it tells of rests on looks that a host of many processes may not let it take in time: that is for EndTextTests.</summary>
    [Fact]
    public async Task Guard_TimeoutSoonerThanALook_EndsTheCommandAllTheSame()
    {
        End end = await Guard.RunAsync(["--timeout", "0.1"], ["sleep", "300"], _folder, Cancellation);

        Assert.Equal((TimeoutExit, end.Said), (end.Exit, end.Said));
        Assert.Contains("orphan-agent: TIMEOUT after ", end.Said, StringComparison.Ordinal);
    }

    private Task<End> ShellAsync(string script) => Guard.ShellAsync(script, _folder, Cancellation);

    private static void SkipUnlessNative() => Assert.SkipWhen(File.Exists(Places.Agent() + ".dll"), "artifacts/orphan-agent is older than its sources: ./orphanboard build");
}
