using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class ToolOutputTests
{
    private static readonly StackTarget Target = new(7, "some", [(7, "some"), (8, "reader")]);

    [Fact]
    public void EuStack_AllKindsOfFrames_TellsWhatIsKnown()
    {
        const string Output = """
            PID 7 - process
            TID 7:
            TID 8:
            #0  0x00007f28a77c32ec __GI___libc_read - /usr/lib/libc.so.6
                ../sysdeps/unix/sysv/linux/read.c:26:10
            #1  0x000055791f3f5259 - /tmp/some program
            #2  0x000055791f3f5260 std::function<void (int)>::operator()(int) const - /tmp/some program
                /src/a:b.cc:12
            #3  0x000055791f3f5261
            eu-stack: tid 8: shown max number of frames (4, use -n 0 for unlimited)
            """;

        ThreadStack thread = Assert.Single(EuStack.Backtraces(Output, Target));

        Assert.Equal((8, "reader"), (thread.Tid, thread.Name));
        Assert.Equal(
            [
                new("__GI___libc_read", "../sysdeps/unix/sysv/linux/read.c", 26),
                new("?? in some program"),
                new("std::function<void (int)>::operator()(int) const", "/src/a:b.cc", 12),
                new("??"),
            ],
            thread.Frames);
    }

    [Fact]
    public void GdbBacktraces_AllKindsOfFrames_TellsWhatIsKnown()
    {
        const string Output = """
            [New LWP 8]
            warning: May not insert breakpoints

            Thread 2 (Thread 0x7f9 (LWP 8) "(LWP 9) (x):"):
            #0  __GI___libc_read (...) at ../sysdeps/unix/sysv/linux/read.c:26
            #1  0x00005 in std::function<void (int)>::operator()(int) const (...) at /src/a at b.cc:12
            #2  0x00005 in read () from /lib/libc.so.6
            #3  0x00005 in ?? () from /lib/some lib.so
            #4  <signal handler called>

            Thread 1 (process 7):
            #0  main () at /src/a.c:3
            [Inferior 1 (process 7) detached]
            """;

        ThreadStack[] threads = [.. Gdb.Backtraces(Output, Target)];

        Assert.Equal([(8, "reader"), (7, "some")], threads.Select(thread => ((int)thread.Tid!, thread.Name)));
        Assert.Equal(
            [
                new("__GI___libc_read", "../sysdeps/unix/sysv/linux/read.c", 26),
                new("std::function<void (int)>::operator()(int) const", "/src/a at b.cc", 12),
                new("read"),
                new("?? in some lib.so"),
                new("<signal handler called>"),
            ],
            threads[0].Frames);
        Assert.Equal([new("main", "/src/a.c", 3)], threads[1].Frames);
    }

    [Fact]
    public void GdbPythonTracebacks_SourceLinesThatLookLikeFrames_AreNotFrames()
    {
        const string Output = """
            Thread 2 (Thread 0x7f7 (LWP 8) "python3"):
            Traceback (most recent call first):
              <built-in method read of module object at remote 0x7f708bd15b20>
              File "/src/a", line 1, in b.py", line 4, in wait_for_end
                File "/src/c.py", line 5, in none
              File "<frozen runpy>", line 198, in _run_module_as_main

            Thread 1 (Thread 0x7f8 (LWP 7) "python3"):
            Traceback (most recent call first):
              (unable to read python frame information)
            """;

        ThreadStack thread = Assert.Single(Gdb.PythonTracebacks(Output, Target));

        Assert.Equal((8, "reader"), (thread.Tid, thread.Name));
        Assert.Equal(
            [new("read (built-in)"), new("wait_for_end", "/src/a\", line 1, in b.py", 4), new("_run_module_as_main", "<frozen runpy>", 198)],
            thread.Frames);
    }

    [Fact]
    public void PySpy_Threads_AreToldWithTheirNames()
    {
        const string Output = """
            warning of some kind
            [{"pid": 7, "thread_id": 140, "thread_name": "MainThread", "os_thread_id": 7, "active": false, "owns_gil": false, "process_info": null,
              "frames": [{"name": "run", "filename": "/src/hang.py", "module": null, "short_filename": "hang.py", "line": 8, "locals": null, "is_entry": true},
                         {"name": "native", "filename": "", "module": null, "short_filename": null, "line": 0, "locals": null}]},
             {"pid": 7, "thread_id": 141, "thread_name": null, "os_thread_id": null, "active": false, "owns_gil": false, "frames": []}]
            """;

        ThreadStack thread = Assert.Single(PySpy.Parse(Output, Target));

        Assert.Equal((7, "MainThread"), (thread.Tid, thread.Name));
        Assert.Equal(("/src/hang.py", 8, "run"), (thread.Frames[0].File, thread.Frames[0].Line, thread.Frames[0].Function));
        Assert.Null(thread.Frames[1].Line);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Error: Failed to find python version [from] process")]
    [InlineData("[{\"frames\": 1}]")]
    [InlineData("]} [{")]
    public void PySpy_NoStacks_IsEmpty(string output) => Assert.Empty(PySpy.Parse(output, Target));
}
