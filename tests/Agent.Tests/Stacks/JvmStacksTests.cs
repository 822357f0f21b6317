using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class JvmStacksTests
{
    private readonly string[] _source = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Hung.java"));

    [Fact]
    public async Task Read_JvmWithTwoLocksTheWrongWayRound_TellsWhereEachThreadWaitsAndTheDeadlock()
    {
        using HungRuntime java = await HungRuntime.StartJavaAsync([]);

        ProcessStacks stacks = await ReadAsync(java.Target);

        Assert.Null(stacks.Missing);
        foreach (string name in (string[])["one", "two \"quoted\""])
        {
            ThreadStack thread = Assert.Single(stacks.Threads, thread => thread.Name == name);
            Assert.Contains(java.Target.Threads, known => known.Tid == thread.Tid && name.StartsWith(known.Name, StringComparison.Ordinal));
            AssertIsAt(thread.Frames[0], "Hung.take [waiting to lock <", "// waits for the other");
        }
        ThreadStack main = Assert.Single(stacks.Threads, thread => thread.Name == "main");
        AssertIsAt(main.Frames.First(frame => frame.Function.StartsWith("Hung.", StringComparison.Ordinal)), "Hung.echo", "// waits for a line");
        Assert.Equal("Java-level deadlock", stacks.Threads[0].Name);
        Assert.Contains(stacks.Threads[0].Frames, frame => frame.Function.StartsWith("\"two \"quoted\"\": waiting to lock monitor ", StringComparison.Ordinal) && frame.Function.EndsWith(", which is held by \"one\"", StringComparison.Ordinal));
        Assert.True(await java.AnswersAsync());
    }

    [Fact]
    public async Task Read_Again_TellsTheSame()
    {
        using HungRuntime java = await HungRuntime.StartJavaAsync([]);
        ProcessStacks first = await ReadAsync(java.Target);

        ProcessStacks second = await ReadAsync(java.Target);

        Assert.Equal(first.Threads.First(thread => thread.Name == "one").Frames, second.Threads.First(thread => thread.Name == "one").Frames);
        Assert.True(await java.AnswersAsync());
    }

    [Fact]
    public async Task Read_ProgramInAContainer_TellsTheTidsThatItHasHere()
    {
        using HungRuntime java = await HungRuntime.StartContainedAsync("java");

        ProcessStacks stacks = await ReadAsync(java.Target);

        Assert.Null(stacks.Missing);
        ThreadStack thread = Assert.Single(stacks.Threads, thread => thread.Name == "one");
        Assert.Contains((thread.Tid!.Value, "one"), java.Target.Threads);
        AssertIsAt(thread.Frames[0], "Hung.take [waiting to lock <", "// waits for the other");
        Assert.True(await java.AnswersAsync());
    }

    [Theory]
    [InlineData("-XX:+DisableAttachMechanism")]
    [InlineData("-Dx=y", "-XX:+DisableAttachMechanism")]
    public async Task Read_AttachingIsSwitchedOff_SaysSoAndSendsNoSignal(string option, params string[] variable)
    {
        using HungRuntime java = await HungRuntime.StartJavaAsync([option], [.. variable.Select(options => ("JDK_JAVA_OPTIONS", options))]);

        ProcessStacks stacks = await ReadAsync(java.Target);

        Assert.Equal("it may not be attached to: start it without -XX:+DisableAttachMechanism", stacks.Missing);
        // A signal would have made it write a dump first.
        Assert.True(await java.AnswersAsync());
    }

    [Fact]
    public async Task Read_AttachingIsSwitchedOffInAFileOfOptions_SaysSoAndSendsNoSignal()
    {
        using var directory = new TemporaryDirectory();
        string options = Path.Combine(directory.Path, "options");
        await File.WriteAllTextAsync(options, "-XX:+DisableAttachMechanism", TestContext.Current.CancellationToken);
        using HungRuntime java = await HungRuntime.StartJavaAsync([$"@{options}"]);

        ProcessStacks stacks = await ReadAsync(java.Target);

        Assert.Equal("it may not be attached to: start it without -XX:+DisableAttachMechanism", stacks.Missing);
        Assert.True(await java.AnswersAsync());
    }

    [Fact]
    public async Task Read_JvmThatLeavesSignalsAlone_IsAskedWithoutOne()
    {
        using HungRuntime java = await HungRuntime.StartJavaAsync(["-Xrs"]);

        ProcessStacks stacks = await ReadAsync(java.Target);

        Assert.Contains(stacks.Threads, thread => thread.Name == "one");
        Assert.True(await java.AnswersAsync());
    }

    [Fact]
    public async Task Read_NoJvmAtAll_SaysSoAndSendsNoSignal()
    {
        using HungRuntime python = await HungRuntime.StartPortAsync("/tmp/orphan-agent-tests-%d.socket", "silence");

        ProcessStacks stacks = await ReadAsync(HungRuntime.TargetOf(python.Pid, "VM Thread"));

        Assert.Equal("it is not a HotSpot JVM (no libjvm.so is mapped)", stacks.Missing);
        // It would have told of a signal first.
        Assert.True(await python.AnswersAsync());
    }

    [Fact]
    public async Task Read_ServerThatIsSilent_EndsAtTheLimit()
    {
        using HungRuntime server = await HungRuntime.StartPortAsync("/tmp/.java_pid%d", "silence");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(HungRuntime.TargetOf(server.Pid, "VM Thread"), TimeSpan.FromMilliseconds(300)));
    }

    [Fact]
    public async Task Read_HostileServer_IsMissing()
    {
        using HungRuntime server = await HungRuntime.StartPortAsync("/tmp/.java_pid%d", "garbage");

        ProcessStacks stacks = await ReadAsync(HungRuntime.TargetOf(server.Pid, "VM Thread"));

        Assert.Equal("it did not answer with a thread dump: it takes commands of its own user and of root alone", stacks.Missing);
    }

    [Fact]
    public async Task Read_EndlessAnswer_IsCut()
    {
        using HungRuntime server = await HungRuntime.StartPortAsync("/tmp/.java_pid%d", "endless-dump");

        ProcessStacks stacks = await ReadAsync(HungRuntime.TargetOf(server.Pid, "VM Thread"));

        Assert.Equal(2000, stacks.Threads.Length);
    }

    private static async Task<ProcessStacks> ReadAsync(StackTarget target, TimeSpan? limit = null)
    {
        var tool = new JvmStacks();
        Assert.True(tool.Fits(target));
        using var over = new CancellationTokenSource(limit ?? HungRuntime.Deadline);
        return await tool.ReadAsync(target, over.Token);
    }

    private void AssertIsAt(StackFrame frame, string function, string remark)
    {
        Assert.StartsWith(function, frame.Function, StringComparison.Ordinal);
        Assert.Equal("Hung.java", frame.File);
        Assert.EndsWith(remark, _source[frame.Line!.Value - 1], StringComparison.Ordinal);
    }
}
