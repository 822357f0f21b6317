using System.Collections.Immutable;
using CsCheck;
using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class JavaThreadDumpTests
{
    /// <summary>Of JDK 21: decimal nid, a virtual thread's carrier, a thread of the JVM itself.</summary>
    private const string Dump = """
        2026-11-26 17:05:05
        Full thread dump OpenJDK 64-Bit Server VM (21.0.2+13-Debian mixed mode, sharing):

        "main" #1 [4711] prio=5 os_prio=0 cpu=58.92ms elapsed=10.84s tid=0x00007f64d8017b40 nid=4711 waiting on condition  [0x00007f64dfdfd000]
           java.lang.Thread.State: TIMED_WAITING (sleeping)
        	at java.lang.Thread.sleep0(java.base@21.0.2/Native Method)
        	at java.lang.Thread.sleep(java.base@21.0.2/Thread.java:509)
        	at app//org.example.Main.main(Main.java:7)
        	at org.example.Main$$Lambda/0x00007f6490000a00.run(Unknown Source)

           Locked ownable synchronizers:
        	- None

        "a "b" nid=0x5 c" #12 daemon prio=5 os_prio=0 tid=0x00007f64d81a6c50 nid=0x1268 in Object.wait()
           java.lang.Thread.State: WAITING (on object monitor)
        	at java.lang.Object.wait(Object.java)
        	- waiting on <0x000000008d42f9f8> (a java.lang.Object)

        "VM Thread" os_prio=0 cpu=1.01ms elapsed=10.82s tid=0x00007f64d8182da0 nid=4720 runnable

        JNI global refs: 6, weak refs: 0

        """;

    [Fact]
    public void Parse_DumpOfAJvm_GivesThreadsWithJavaFrames()
    {
        ImmutableArray<ThreadStack> threads = JavaThreadDump.Parse(Dump, tid => tid);

        Assert.Equal([("main", 4711), ("a \"b\" nid=0x5 c", 0x1268)], threads.Select(thread => (thread.Name, thread.Tid)));
        Assert.Equal(
            [
                new StackFrame("java.lang.Thread.sleep0 (Native Method)"),
                new StackFrame("java.lang.Thread.sleep", "Thread.java", 509),
                new StackFrame("app//org.example.Main.main", "Main.java", 7),
                new StackFrame("org.example.Main$$Lambda/0x00007f6490000a00.run (Unknown Source)"),
            ],
            threads[0].Frames);
        Assert.Equal([new StackFrame("java.lang.Object.wait [waiting on <0x000000008d42f9f8> (a java.lang.Object)]", "Object.java")], threads[1].Frames);
    }

    [Fact]
    public void Parse_ThreadOfAnotherNamespace_TellsTheTidThatItHasHere() =>
        Assert.Equal(98765, JavaThreadDump.Parse(Dump, tid => tid == 4711 ? 98765 : null)[0].Tid);

    [Fact]
    public void Parse_AnyPartsOfADump_NeverThrows()
    {
        string[] lines = [.. Dump.Split('\n'), "\"", "\" nid=", "at (", "at )(", "\tat a(b:)", "- x", "Found one Java-level deadlock:", "Java stack information for the threads listed above:"];

        Gen.Int[0, lines.Length - 1].Array.Sample(numbers => JavaThreadDump.Parse(string.Join('\n', numbers.Select(i => lines[i])), tid => tid), iter: 2000);
    }
}
