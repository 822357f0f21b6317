using System.Globalization;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Tests.Commands;

namespace OrphanBoard.Agent.Tests.Guarding;

/// <summary>Guard is killed: nothing of its own is left, and the command goes on as if it had never been there.</summary>
public sealed partial class GuardKilledTests
{
    /// <summary>Repeats each line of stdin; a child of it waits for the end of a pipe of which it has the other end open.</summary>
    private const string RepeatsAndHangs = """
        import os, signal, sys
        child = os.fork()
        if child == 0:
            reads, writes = os.pipe()
            os.dup2(reads, 0)
            os.set_inheritable(writes, True)
            os.execlp("cat", "cat")
        for line in sys.stdin: print(line.strip(), flush=True)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print("end", flush=True)
        """;

    [Fact]
    public async Task Guard_KilledInTheMiddle_LeavesNothingOfItsOwnAndTheCommandGoesOn()
    {
        await using var guarded = GuardedProgram.StartWith(["--on-deadlock", "report"], "python3", "-I", "-c", RepeatsAndHangs);
        await guarded.WriteAsync("one\n");
        Assert.Equal("one", await guarded.LineAsync());
        // It has looked by then, and has all that it needs for it.
        Assert.NotNull(await guarded.ErrorLineAsync());
        int[] own = [.. ChildrenOf(guarded.Pid).Where(IsTheAgents)];
        Assert.NotEmpty(own);
        int[] held = [.. own.Select(pid => (int)pidfd_open(PidfdOpen, pid, 0))];
        Assert.DoesNotContain(-1, held);

        guarded.Kill();
        await guarded.WaitForExitAsync();

        foreach (int fd in held)
        {
            Poll poll = new() { Fd = fd, Events = 1 }; // POLLIN: it has ended
            Assert.Equal(1, Poll.poll(ref poll, 1, 30_000));
            Assert.Equal(0, close(fd));
        }
        await guarded.WriteAsync("two\n");
        Assert.Equal("two", await guarded.LineAsync());
        Ran ran = await guarded.EndAsync();
        Assert.Equal("end\n", ran.Text);
    }

    private static IEnumerable<int> ChildrenOf(int pid) => Directory.EnumerateDirectories($"/proc/{pid}/task")
        .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(text => int.Parse(text, CultureInfo.InvariantCulture));

    private static bool IsTheAgents(int pid) => Path.GetFileName(File.ReadAllText($"/proc/{pid}/cmdline").Split('\0')[0]) is not ("python3" or "cat");

    private const long PidfdOpen = 434;

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long pidfd_open(long number, long pid, long flags);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    /// <summary>struct pollfd of poll(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private partial struct Poll
    {
        internal int Fd;
        internal short Events, Returned;

        [LibraryImport("libc")]
        internal static partial int poll(ref Poll fds, nuint count, int timeoutMs);
    }
}
