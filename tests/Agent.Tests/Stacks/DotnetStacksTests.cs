using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class DotnetStacksTests
{
    [Fact]
    public async Task Read_ProgramWithTwoLocksTheWrongWayRound_TellsWhereEachThreadWaits()
    {
        using HungProgram program = await HungProgram.StartDotnetAsync();

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
        using HungProgram program = await HungProgram.StartDotnetAsync(("TMPDIR", directory.Path));

        ProcessStacks stacks = await ReadAsync(program.Target);

        Assert.Contains(stacks.Threads, thread => thread.Name == "one");
    }

    [Fact]
    public async Task Read_DiagnosticsAreOff_SaysSo()
    {
        using HungProgram program = await HungProgram.StartDotnetAsync(("DOTNET_EnableDiagnostics", "0"));

        ProcessStacks stacks = await ReadAsync(program.Target);

        Assert.Equal("it has no diagnostics port: start it without DOTNET_EnableDiagnostics=0", stacks.Missing);
        Assert.True(await program.AnswersAsync());
    }

    [Fact]
    public async Task Read_ProgramInAContainer_TellsTheTidsThatItHasHere()
    {
        using HungProgram program = await HungProgram.StartContainedAsync("dotnet");

        ProcessStacks stacks = await ReadAsync(program.Target);

        Assert.Null(stacks.Missing);
        ThreadStack thread = Assert.Single(stacks.Threads, thread => thread.Name == "one");
        Assert.Contains((thread.Tid!.Value, "one"), program.Target.Threads);
        AssertIsAt(thread, "Hung.Take", "// waits for the other");
        Assert.True(await program.AnswersAsync());
    }

    [Theory]
    [InlineData("silence", "not read within 1 s")]
    [InlineData("silent-session", "not read within 1 s")]
    [InlineData("garbage", "its diagnostics port refused to sample")]
    [InlineData("refusal", "its diagnostics port refused to sample")]
    [InlineData("garbage-in-session", "its diagnostics port does not speak nettrace: it does not begin as nettrace does")]
    [InlineData("huge-block", "its diagnostics port does not speak nettrace: a block of 2147483647 bytes")]
    public async Task Read_HostileServer_IsMissingWithinTheLimit(string what, string missing)
    {
        using var directory = new TemporaryDirectory();
        using HungProgram server = await HungProgram.StartPortAsync(Path.Combine(directory.Path, "dotnet-diagnostic-%d-1-socket"), what);

        ProcessStacks stacks = await ReadAsync(HungProgram.TargetOf(server.Pid, ".NET SynchManag"), TimeSpan.FromSeconds(1));

        Assert.Equal(missing, stacks.Missing);
    }

    [Fact]
    public async Task Read_EndlessSession_IsCut()
    {
        using var directory = new TemporaryDirectory();
        using HungProgram server = await HungProgram.StartPortAsync(Path.Combine(directory.Path, "dotnet-diagnostic-%d-1-socket"), "endless-session");

        ProcessStacks stacks = await ReadAsync(HungProgram.TargetOf(server.Pid, ".NET SynchManag"));

        Assert.Equal("no managed thread could be sampled", stacks.Missing);
    }

    private static async Task<ProcessStacks> ReadAsync(StackTarget target, TimeSpan? limit = null) =>
        Assert.Single(await StackReader.ReadAsync([target], limit ?? HungProgram.Deadline, TimeProvider.System));

    /// <summary>The innermost frame of the program's own.</summary>
    private static void AssertIsAt(ThreadStack thread, string method, string remark)
    {
        StackFrame frame = thread.Frames.First(frame => frame.Function.StartsWith("OrphanBoard.", StringComparison.Ordinal));
        Assert.Equal($"OrphanBoard.Agent.Tests.Stacks.{method}", frame.Function);
        Assert.EndsWith("/Hung.cs", frame.File, StringComparison.Ordinal);
        Assert.EndsWith(remark, File.ReadAllLines(frame.File!)[frame.Line!.Value - 1], StringComparison.Ordinal);
    }
}
