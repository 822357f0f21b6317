using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class NodeStacksTests
{
    [Fact]
    public async Task Read_EventLoopWaitsForAChild_TellsChildAndPipesAndLetsItRunOn()
    {
        using HungProgram hung = await HungProgram.StartScriptAsync("node", "hung.js", "child");
        hung.WaitUntilIn(SystemCall.EpollWait, SystemCall.EpollPwait);
        int child = Assert.Single(ChildrenOf(hung.Pid));

        ThreadStack thread = await ReadAsync(hung);

        Assert.Contains($"child process {child}", thread.WaitsFor);
        Assert.Contains(thread.WaitsFor, waits => waits.StartsWith("pipe fd ", StringComparison.Ordinal));
        await hung.AssertAnswersAsync();
    }

    [Fact]
    public async Task Read_JavaScriptThreadWaits_TellsFunctionFileAndLineAndClosesTheInspector()
    {
        using HungProgram hung = await HungProgram.StartScriptAsync("node", "hung.js", "atomics");
        hung.WaitUntilIn(SystemCall.Futex);

        ThreadStack thread = await ReadAsync(hung);

        Assert.Contains(hung.Place("waitForEnd", "HERE atomics"), thread.Frames);
        Assert.True(hung.Lives);
        Assert.Empty(InspectorPort.Of(hung.Pid).Own);
    }

    [Fact]
    public async Task StackReader_JavaScriptThreadInASystemCall_IsNotInterruptedAndShownAsTheMachineSeesIt()
    {
        using HungProgram hung = await HungProgram.StartScriptAsync("node", "hung.js", "sync");
        hung.WaitUntilIn(SystemCall.Read);

        ProcessStacks stacks = Assert.Single(await StackReader.ReadAsync([hung.Target], HungProgram.Deadline, TimeProvider.System));

        Assert.StartsWith("not by node inspector: its JavaScript thread sits in read(2)", stacks.Missing, StringComparison.Ordinal);
        Assert.Contains(stacks.Threads, thread => thread.Tid == hung.Pid && thread.Frames.Any(frame => frame.Function.Contains("read", StringComparison.Ordinal)));
        await hung.AssertAnswersAsync('r');
    }

    [Fact]
    public async Task Fits_NodeAndOthers_TellsThemApart()
    {
        using HungProgram node = await HungProgram.StartScriptAsync("node", "hung.js", "child");
        using HungProgram python = await HungProgram.StartScriptAsync("/usr/bin/python3", "hung.py");

        Assert.Equal((true, false), (new NodeStacks().Fits(node.Target), new NodeStacks().Fits(python.Target)));
    }

    private static async Task<ThreadStack> ReadAsync(HungProgram hung)
    {
        using var limit = new CancellationTokenSource(HungProgram.Deadline);
        ProcessStacks stacks = await new NodeStacks().ReadAsync(hung.Target, limit.Token);
        Assert.Null(stacks.Missing);
        return Assert.Single(stacks.Threads);
    }

    private static int[] ChildrenOf(int pid) =>
        [.. File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}
