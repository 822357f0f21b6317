using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class DotnetStacksTests
{
    [Fact]
    public async Task Read_ProgramWithTwoLocksTheWrongWayRound_TellsWhereEachThreadWaits()
    {
        using HungRuntime program = await HungRuntime.StartDotnetAsync();

        ProcessStacks stacks = await ReadAsync(program.Target);

        Assert.Null(stacks.Missing);
        foreach (string name in (string[])["one", "two"])
            AssertIsAt(Assert.Single(stacks.Threads, thread => thread.Name == name), "Hung.Take", "// waits for the other");
        AssertIsAt(Assert.Single(stacks.Threads, thread => thread.Tid == program.Pid), "Hung.Echo", "// waits for a line");
        Assert.True(await program.AnswersAsync());
    }

    [Fact]
    public async Task Read_TemporaryDirectoryElsewhere_FindsThePortThere()
    {
        using var directory = new TemporaryDirectory();
        using HungRuntime program = await HungRuntime.StartDotnetAsync(("TMPDIR", directory.Path));

        ProcessStacks stacks = await ReadAsync(program.Target);

        Assert.Contains(stacks.Threads, thread => thread.Name == "one");
    }

    [Fact]
    public async Task Read_DiagnosticsAreOff_SaysSo()
    {
        using HungRuntime program = await HungRuntime.StartDotnetAsync(("DOTNET_EnableDiagnostics", "0"));

        ProcessStacks stacks = await ReadAsync(program.Target);

        Assert.Equal("it has no diagnostics port: start it without DOTNET_EnableDiagnostics=0", stacks.Missing);
        Assert.True(await program.AnswersAsync());
    }

    [Fact]
    public async Task Read_ProgramInAContainer_TellsTheTidsThatItHasHere()
    {
        using HungRuntime program = await HungRuntime.StartContainedAsync("dotnet");

        ProcessStacks stacks = await ReadAsync(program.Target);

        Assert.Null(stacks.Missing);
        ThreadStack thread = Assert.Single(stacks.Threads, thread => thread.Name == "one");
        Assert.Contains((thread.Tid!.Value, "one"), program.Target.Threads);
        AssertIsAt(thread, "Hung.Take", "// waits for the other");
        Assert.True(await program.AnswersAsync());
    }

    [Theory]
    [InlineData("silence")]
    [InlineData("silent-session")]
    public async Task Read_ServerThatIsSilent_EndsAtTheLimit(string what)
    {
        using var directory = new TemporaryDirectory();
        using HungRuntime server = await HungRuntime.StartPortAsync(Path.Combine(directory.Path, "dotnet-diagnostic-%d-1-socket"), what);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(HungRuntime.TargetOf(server.Pid, ".NET SynchManag"), TimeSpan.FromMilliseconds(300)));
    }

    [Theory]
    [InlineData("garbage", "its diagnostics port refused to sample")]
    [InlineData("refusal", "its diagnostics port refused to sample")]
    [InlineData("garbage-in-session", "its diagnostics port does not speak nettrace: it does not begin as nettrace does")]
    [InlineData("huge-block", "its diagnostics port does not speak nettrace: a block of 2147483647 bytes")]
    public async Task Read_HostileServer_IsMissing(string what, string missing)
    {
        using var directory = new TemporaryDirectory();
        using HungRuntime server = await HungRuntime.StartPortAsync(Path.Combine(directory.Path, "dotnet-diagnostic-%d-1-socket"), what);

        ProcessStacks stacks = await ReadAsync(HungRuntime.TargetOf(server.Pid, ".NET SynchManag"));

        Assert.Equal(missing, stacks.Missing);
    }

    [Fact]
    public async Task Read_EndlessSession_IsCut()
    {
        using var directory = new TemporaryDirectory();
        using HungRuntime server = await HungRuntime.StartPortAsync(Path.Combine(directory.Path, "dotnet-diagnostic-%d-1-socket"), "endless-session");

        ProcessStacks stacks = await ReadAsync(HungRuntime.TargetOf(server.Pid, ".NET SynchManag"));

        Assert.Equal("no managed thread could be sampled", stacks.Missing);
    }

    private static async Task<ProcessStacks> ReadAsync(StackTarget target, TimeSpan? limit = null)
    {
        var tool = new DotnetStacks();
        Assert.True(tool.Fits(target));
        using var over = new CancellationTokenSource(limit ?? HungRuntime.Deadline);
        return await tool.ReadAsync(target, over.Token);
    }

    /// <summary>The innermost frame of the program's own.</summary>
    private static void AssertIsAt(ThreadStack thread, string method, string remark)
    {
        StackFrame frame = thread.Frames.First(frame => frame.Function.StartsWith("OrphanBoard.", StringComparison.Ordinal));
        Assert.Equal($"OrphanBoard.Agent.Tests.Stacks.{method}", frame.Function);
        Assert.EndsWith("/Hung.cs", frame.File, StringComparison.Ordinal);
        Assert.EndsWith(remark, File.ReadAllLines(frame.File!)[frame.Line!.Value - 1], StringComparison.Ordinal);
    }
}
