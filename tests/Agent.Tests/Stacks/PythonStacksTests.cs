using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class PythonStacksTests
{
    private const string DebiansPython = "/usr/bin/python3";

    private static readonly string SearchPath = Environment.GetEnvironmentVariable("PATH")!;

    [Fact]
    public async Task Read_HungThread_TellsFunctionFileAndLineAndLetsItRunOn() => await AssertReadAsync(DebiansPython);

    [Fact]
    public async Task Read_InterpreterBuiltHere_IsReadByTheExtensionBesideIt()
    {
        using HungProgram hung = await HungProgram.StartScriptAsync("python3", "hung.py");
        Assert.SkipUnless(File.Exists($"{File.ResolveLinkTarget($"/proc/{hung.Pid}/exe", false)}-gdb.py"), "python3 in PATH is the distribution's");

        await AssertReadAsync("python3");
    }

    [Fact]
    public async Task Read_NoToolInstalled_TellsWhatToInstall()
    {
        using HungProgram hung = await HungProgram.StartScriptAsync(DebiansPython, "hung.py");

        ProcessStacks stacks = await new PythonStacks("").ReadAsync(hung.Target, CancellationToken.None);

        Assert.Empty(stacks.Threads);
        Assert.Equal("neither py-spy nor gdb is installed: apt-get install gdb python3-dbg, or pip install py-spy", stacks.Missing);
    }

    [Fact]
    public async Task Fits_PythonAndOthers_TellsThemApart()
    {
        using HungProgram python = await HungProgram.StartScriptAsync(DebiansPython, "hung.py");
        using var directory = new TemporaryDirectory();
        using HungProgram native = await HungProgram.StartNativeAsync(directory);

        Assert.Equal((true, false), (new PythonStacks("").Fits(python.Target), new PythonStacks("").Fits(native.Target)));
    }

    private static async Task AssertReadAsync(string interpreter)
    {
        using HungProgram hung = await HungProgram.StartScriptAsync(interpreter, "hung.py");
        using var limit = new CancellationTokenSource(HungProgram.Deadline);

        ProcessStacks stacks = await new PythonStacks(SearchPath).ReadAsync(hung.Target, limit.Token);

        Assert.Null(stacks.Missing);
        ThreadStack thread = Assert.Single(stacks.Threads, thread => thread.Tid != hung.Pid);
        Assert.Contains(hung.Place("wait_for_end"), thread.Frames);
        Assert.Contains(stacks.Threads, thread => thread.Tid == hung.Pid && thread.Frames.Any(frame => frame.Function == "<module>" && frame.File == hung.Source));
        await hung.AssertAnswersAsync();
    }
}
