using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class StackTextTests
{
    [Fact]
    public void Lines_ThreadsAlike_AreToldOnce()
    {
        ThreadStack[] threads =
        [
            new(7, "main", [new("poll"), new("main", "/src/a.c", 3)]),
            new(8, "first", [new("read", "/src/read.c"), new("wait_for_end", "/src/a.c", 5)]),
            new(9, "second", [new("read", "/src/read.c"), new("wait_for_end", "/src/a.c", 5)]),
        ];

        Assert.Equal(
            """
            some (7), by gdb:
              thread main (7)
                at poll
                at main (/src/a.c:3)
              thread first (8), and 1 more thread like it
                at read (/src/read.c)
                at wait_for_end (/src/a.c:5)
            """,
            Text(new ProcessStacks(7, "some", "gdb", [.. threads])));
    }

    [Fact]
    public void Lines_EmptyStackOfARuntime_TellsWhatItWaitsFor() => Assert.Equal(
        """
        some (7), by node inspector:
          thread node
            waits for child process 8
        """,
        Text(new ProcessStacks(7, "some", "node inspector", [new ThreadStack(null, "node", []) { WaitsFor = ["child process 8"] }])));

    [Fact]
    public void Lines_Missing_TellsWhy()
    {
        Assert.Equal("some (7): no stacks: not there", Text(new ProcessStacks(7, "some", "gdb", [], "not there")));
        Assert.StartsWith("some (7), by gdb (not by x: not there):", Text(new ProcessStacks(7, "some", "gdb", [new(7, "main", [new("main")])], "not by x: not there")), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_DeepStacksAndManyKinds_AreCounted()
    {
        ThreadStack[] threads = [.. Enumerable.Range(1, 22).Select(tid => new ThreadStack(tid, "t", [.. Enumerable.Repeat(new StackFrame($"f{tid}"), 42)]))];

        string[] lines = [.. StackText.Lines(new ProcessStacks(1, "some", "gdb", [.. threads]))];

        Assert.Equal((1 + 20 * 42 + 1, "    and 2 more frames", "  and 2 more threads"), (lines.Length, lines[42], lines[^1]));
    }

    [Fact]
    public void Lines_RunsOfUnknownFrames_AreCounted()
    {
        StackFrame[] frames = [new("read"), new("?? in dash"), new("?? in dash"), new("?? in dash"), new("main"), new("?? in dash"), new("f"), new("f")];

        Assert.Equal(
            """
            some (7), by gdb:
              thread t (7)
                at read
                at ?? in dash, 3 frames
                at main
                at ?? in dash
                at f
                at f
            """,
            Text(new ProcessStacks(7, "some", "gdb", [new ThreadStack(7, "t", [.. frames])])));
    }

    [Fact]
    public void InOrder_ThreadsOfARuntime_ComeLastAndInOneLine()
    {
        ThreadStack[] threads = [.. Enumerable.Range(1, 5).Select(tid => new ThreadStack(tid, $"t{tid}", [new($"f{tid}")])), new ThreadStack(null, "Java-level deadlock", [new("x")])];
        var target = new StackTarget(7, "some", []) { Services = new HashSet<int> { 1, 2, 4 }, Told = new HashSet<int> { 4, 5 } };

        Assert.Equal(
            """
            some (7), by gdb:
              thread Java-level deadlock
                at x
              thread t4 (4)
                at f4
              thread t5 (5)
                at f5
              thread t3 (3)
                at f3
              and 2 threads of its runtime: t1, t2
            """,
            Text(target.InOrder(new ProcessStacks(7, "some", "gdb", [.. threads]))));
    }

    [Fact]
    public void Lines_NamesThatActOnATerminal_AreVisible() =>
        Assert.Contains("at \\x1b[2J (\\n:1)", Text(new ProcessStacks(1, "some", "gdb", [new(1, "t", [new("\e[2J", "\n", 1)])])), StringComparison.Ordinal);

    private static string Text(ProcessStacks stacks) => string.Join('\n', StackText.Lines(stacks));
}
