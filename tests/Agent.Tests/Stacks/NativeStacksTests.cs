using System.Diagnostics;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class NativeStacksTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData("eu-stack")]
    [InlineData("gdb")]
    public async Task Read_HungThreads_TellsFunctionFileAndLineAndLetsThemRunOn(string tool)
    {
        using HungProgram hung = await HungProgram.StartNativeAsync(_directory);
        using var limit = new CancellationTokenSource(HungProgram.Deadline);

        ProcessStacks stacks = await new NativeStacks(PathWith(tool)).ReadAsync(hung.Target, limit.Token);

        Assert.Equal((tool, null), (stacks.Tool, stacks.Missing));
        Assert.Equal(3, stacks.Threads.Count(thread => thread.Frames.Contains(hung.Place("wait_for_end"))));
        Assert.Contains(stacks.Threads, thread => thread.Tid == hung.Pid && thread.Frames.Any(frame => frame.Function == "main"));
        await hung.AssertAnswersAsync();
    }

    [Fact]
    public async Task Read_NoToolInstalled_TellsWhatToInstall()
    {
        using HungProgram hung = await HungProgram.StartNativeAsync(_directory);

        ProcessStacks stacks = await new NativeStacks("").ReadAsync(hung.Target, CancellationToken.None);

        Assert.Empty(stacks.Threads);
        Assert.Equal("neither eu-stack nor gdb is installed: apt-get install elfutils", stacks.Missing);
    }

    [Fact]
    public async Task Read_ProcessHasEnded_TellsSo()
    {
        HungProgram hung = await HungProgram.StartNativeAsync(_directory);
        StackTarget target = hung.Target;
        hung.Dispose();
        using var limit = new CancellationTokenSource(HungProgram.Deadline);

        Assert.Equal("it has ended", (await new NativeStacks(PathWith("eu-stack")).ReadAsync(target, limit.Token)).Missing);
    }

    [Fact]
    public async Task Read_TracedByAnother_NamesWhoTraces()
    {
        using HungProgram hung = await HungProgram.StartNativeAsync(_directory);
        using Process tracer = Process.Start(HungProgram.Compile(HungProgram.SourceOf("attacher.c"), Path.Combine(_directory.Path, "tracer")), [$"{hung.Pid}"]);
        using var limit = new CancellationTokenSource(HungProgram.Deadline);
        try
        {
            UntilTraced(hung.Pid);

            ProcessStacks stacks = await new NativeStacks(PathWith("gdb")).ReadAsync(hung.Target, limit.Token);

            Assert.Equal($"process {tracer.Id} traces it already, and only one can: end that one first", stacks.Missing);
        }
        finally
        {
            tracer.Kill();
        }
    }

    [Fact]
    public async Task Read_ToolKilledAtTheLimitWhileAttached_LetsTheProcessRunOn()
    {
        using HungProgram hung = await HungProgram.StartNativeAsync(_directory);
        HungProgram.Compile(HungProgram.SourceOf("attacher.c"), Path.Combine(_directory.Path, "eu-stack"));
        using var limit = new CancellationTokenSource(HungProgram.Deadline);

        Task<ProcessStacks> reading = new NativeStacks(_directory.Path).ReadAsync(hung.Target, limit.Token);
        UntilTraced(hung.Pid);
        await limit.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await hung.AssertAnswersAsync();
    }

    [Fact]
    public async Task StackReader_LimitOver_TellsSo()
    {
        using HungProgram hung = await HungProgram.StartNativeAsync(_directory);

        ProcessStacks stacks = Assert.Single(await StackReader.ReadAsync([hung.Target], TimeSpan.Zero, TimeProvider.System));

        Assert.Empty(stacks.Threads);
        Assert.Equal("not read within 0 s", stacks.Missing);
        await hung.AssertAnswersAsync();
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>A PATH on which only this tool is.</summary>
    private string PathWith(string tool)
    {
        string path = Path.Combine(_directory.Path, "bin");
        Directory.CreateDirectory(path);
        File.CreateSymbolicLink(Path.Combine(path, tool), ProgramSearch.Find(tool, Environment.GetEnvironmentVariable("PATH")!)!);
        return path;
    }

    private static void UntilTraced(int pid)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!File.ReadLines($"/proc/{pid}/status").Any(line => line.StartsWith("State:\tt", StringComparison.Ordinal)))
            Assert.True(Stopwatch.GetElapsedTime(begin) < HungProgram.Deadline, "nobody attached to it");
    }
}
