using System.Text;
using System.Text.Json;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Commands;

public sealed class DumpReplayTests
{
    [Fact]
    public async Task Dump_ToStandardOutput_IsACaptureOfThisHost()
    {
        using Specimen specimen = await Specimen.StartAsync("threads");

        Ran dumped = await AgentProgram.RunAsync("dump");

        Assert.Equal((0, ""), (dumped.Exit, dumped.Error));
        Capture capture = CaptureFormat.Decode(new MemoryStream(dumped.Output));
        Assert.Equal((Machine.Uname().Name, false), (capture.Last.Host.Name, capture.Redacted));
        Assert.Contains(capture.First.Processes, process => process.Pid == specimen.Pid);
        Assert.Contains(capture.Last.Processes, process => process.Pid == specimen.Pid);
    }

    [Fact]
    public async Task Dump_Redacted_TellsNoNameOfHostOrProgram()
    {
        using Specimen specimen = await Specimen.StartAsync("threads");

        Capture capture = CaptureFormat.Decode(new MemoryStream((await AgentProgram.RunAsync("dump", "--redact")).Output));

        Assert.True(capture.Redacted);
        Assert.StartsWith("host-", capture.Last.Host.Name, StringComparison.Ordinal);
        ProcessRecord process = capture.Last.Processes.Single(p => p.Pid == specimen.Pid);
        Assert.StartsWith("p-", process.Comm, StringComparison.Ordinal);
        Assert.All(process.Cmdline!.Value, argument => Assert.Matches("^[pa]-", argument));
    }

    [Fact]
    public async Task DumpOut_OverAnOldFile_ReplacesItWholeAndLeavesNothingElse()
    {
        using var directory = new TemporaryDirectory();
        string file = Path.Combine(directory.Path, "capture"), link = Path.Combine(directory.Path, "link");
        await File.WriteAllTextAsync(file, "old", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(link, file);

        Ran dumped = await AgentProgram.RunAsync("dump", "--out", link);

        Assert.Equal((0, "", ""), (dumped.Exit, dumped.Text, dumped.Error));
        Assert.Equal(["capture", "link"], Directory.GetFiles(directory.Path).Select(Path.GetFileName).Order());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.True((await AgentProgram.RunAsync("replay", file)).Exit is 0 or 3);
    }

    [Theory]
    [InlineData("/dev/null", "no regular file")]
    [InlineData("/", "no regular file")]
    [InlineData("/nonexistent/capture", "/nonexistent/")]
    public async Task DumpOut_WhereNoFileCanBe_IsOneLineAndExit1(string path, string expected) =>
        IsOneLine(await AgentProgram.RunAsync("dump", "--out", path), 1, expected);

    [Theory]
    [InlineData("exec 1>/dev/full", "No space left")]
    [InlineData("exec 1>&-", "it is closed")]
    public async Task Dump_ToStdoutThatTakesNothing_IsOneLineAndExit1(string redirection, string expected) =>
        IsOneLine(await AgentProgram.RunProgramAsync("/bin/sh", [], "-c", $"{redirection}; exec \"$0\" dump", AgentProgram.Path), 1, expected);

    [Fact]
    public async Task Replay_ClosedStandardInput_IsOneLineAndExit1() =>
        IsOneLine(await AgentProgram.RunProgramAsync("/bin/sh", [], "-c", "exec \"$0\" replay - <&-", AgentProgram.Path), 1, "it is closed");

    [Fact]
    public async Task Dump_ToATerminal_RefusesInOneLine()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script(1) makes the terminal");

        Ran ran = await AgentProgram.RunProgramAsync("/usr/bin/script", [], "-qec", $"'{AgentProgram.Path}' dump", "/dev/null");

        Assert.Equal(2, ran.Exit);
        Assert.Contains("standard output is a terminal", ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_OfHangOnAnotherArchitecture_FindsItAndExits3()
    {
        byte[] capture = Hang("aarch64", 63);

        Ran text = await AgentProgram.RunAsync(capture, "replay", "-"), json = await AgentProgram.RunAsync(capture, "replay", "--json", "-");

        Assert.Equal((3, "", 3, ""), (text.Exit, text.Error, json.Exit, json.Error));
        Assert.Contains("eof-held-by-self", text.Text, StringComparison.Ordinal);
        ScanReport report = JsonSerializer.Deserialize(json.Text, FindingJson.Default.ScanReport)!;
        Assert.Equal(("far", "proc", 1010.0), (report.Host.Name, report.Cut?.Backend, report.DurationMs));
        Assert.Equal([10], Assert.Single(report.Findings).Pids);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("no capture at all", "no capture")]
    [InlineData("orphanboard-capture 99\n", "use a newer one")]
    [InlineData("orphanboard-capture 1\nxxxxxxxxxxxxxxxxxxxxx", "damaged")]
    public async Task Replay_NoCapture_IsOneLineAndExit1(string text, string expected) =>
        IsOneLine(await AgentProgram.RunAsync(Encoding.ASCII.GetBytes(text), "replay", "-"), 1, expected);

    [Theory]
    [InlineData("replay", 2)]
    [InlineData("replay a b", 2)]
    [InlineData("replay --bogus a", 2)]
    [InlineData("replay /nonexistent/capture", 1)]
    [InlineData("replay /", 1)]
    [InlineData("dump file", 2)]
    [InlineData("dump --out=", 2)]
    [InlineData("doctor now", 2)]
    public async Task Command_BadUsageOrFile_IsOneLine(string words, int exit) => IsOneLine(await AgentProgram.RunAsync(words.Split(' ')), exit, "");

    private static void IsOneLine(Ran ran, int exit, string expected)
    {
        Assert.Equal((exit, ""), (ran.Exit, ran.Text));
        Assert.StartsWith("orphan-agent: ", ran.Error, StringComparison.Ordinal);
        Assert.Contains(expected, ran.Error, StringComparison.Ordinal);
        Assert.Equal(ran.Error.Length - 1, ran.Error.IndexOf('\n', StringComparison.Ordinal));
        Assert.DoesNotContain("internal error", ran.Error, StringComparison.Ordinal);
    }

    /// <summary>A process that reads a pipe whose write end it holds itself.</summary>
    private static byte[] Hang(string architecture, long read)
    {
        var host = new HostIdentity("h", "far", "11111111-2222-3333-4444-555555555555", "6.1.0", architecture, 100, DateTimeOffset.UnixEpoch);
        Snapshot Look(int second) => new()
        {
            Host = host,
            TakenAt = DateTimeOffset.UnixEpoch.AddSeconds(second),
            Uptime = TimeSpan.FromSeconds(second),
            Duration = TimeSpan.FromMilliseconds(10),
            ObserverPid = 0,
            Reads = default,
            Processes =
            [
                new ProcessRecord
                {
                    Pid = 10, StartTimeTicks = 1, Ppid = 0, Pgrp = 10, Session = 10, Comm = "self", State = 'S', Uid = 1, NsPid = 10, Cmdline = ["self"],
                    FdSight = Sight.Seen, HasPosixTimers = false,
                    Fds = [Pipe(3, FdAccess.Read), Pipe(4, FdAccess.Write)],
                    Threads =
                    [
                        new ThreadRecord
                        {
                            Tid = 10, Comm = "self", State = 'S', Counters = new RunCounters(1, 1), Wchan = "anon_pipe_read",
                            Call = new BlockedCall(BlockedCallStatus.InCall, read, [3, 1, 1, 0, 0, 0]), LastRan = TimeSpan.FromSeconds(1),
                        },
                    ],
                },
            ],
        };
        using var stream = new MemoryStream();
        CaptureFormat.Encode(new Capture("0.0", "proc", false, Look(1000), Look(1001)), stream);
        return stream.ToArray();

        static FileDescriptor Pipe(int fd, FdAccess access) => new(fd, access, FdTarget.Parse("pipe:[77]")) { CloseOnExec = false };
    }
}
