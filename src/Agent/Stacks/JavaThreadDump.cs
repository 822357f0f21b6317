using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Shared.Diagnosis;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// What HotSpot answers to <c>threaddump</c>. Threads without Java frames (those of the JVM itself) are left out.
/// <code>
/// "Thread-0" #12 prio=5 os_prio=0 cpu=0.44ms elapsed=7.00s tid=0x00007f64d81a6c50 nid=0x5a21 waiting for monitor entry  [0x00007f64b9dfd000]
///    java.lang.Thread.State: BLOCKED (on object monitor)
/// 	at Deadlock.take(Deadlock.java:21)
/// 	- waiting to lock &lt;0x000000008d42f9f8&gt; (a java.lang.Object)
/// 	- locked &lt;0x000000008d42fa08&gt; (a java.lang.Object)
/// 	at java.lang.Thread.run(java.base@17.0.15/Thread.java:840)
///
/// Found one Java-level deadlock:
/// =============================
/// "Thread-0":
///   waiting to lock monitor 0x00007f6490004c20 (object 0x000000008d42f9f8, a java.lang.Object),
///   which is held by "Thread-1"
///
/// Java stack information for the threads listed above:
/// </code>
/// nid is the tid, hexadecimal up to JDK 20 and decimal since. Names may hold anything.
/// </summary>
internal static class JavaThreadDump
{
    /// <summary>Name of the thread that stands for what it says of deadlocks.</summary>
    internal const string Deadlock = "Java-level deadlock";

    private const int MostThreads = 2000, MostFrames = 300, MostDeadlockLines = 100, MostLineLength = 1000;

    /// <summary>What a line of a deadlock says.</summary>
    internal static RuntimeWait WaitOf(string line) =>
        line.Contains("waiting for ownable synchronizer ", StringComparison.Ordinal) ? new(line, 0, RuntimeWaitKind.Lock, "lock") : new(line, 0, RuntimeWaitKind.Monitor, "monitor");

    /// <param name="tids">From the tid that it tells to ours.</param>
    /// <returns>In its order. What it says of deadlocks comes first, as a thread without a tid.</returns>
    internal static ImmutableArray<ThreadStack> Parse(string dump, Func<int, int?> tids)
    {
        var threads = new List<ThreadStack>();
        var frames = ImmutableArray.CreateBuilder<StackFrame>();
        var deadlocks = ImmutableArray.CreateBuilder<StackFrame>();
        (string Name, int? Tid)? thread = null;
        bool inDeadlock = false;
        foreach (ReadOnlySpan<char> line in dump.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("Java stack information for the threads listed above"))
                // The same frames once more, and further deadlocks between them.
                (inDeadlock, thread) = (false, Finish());
            else if (line.StartsWith("Found ") && line.Contains("Java-level deadlock:", StringComparison.Ordinal))
                (inDeadlock, thread) = (true, Finish());
            else if (inDeadlock)
                AddDeadlockLine(line.Trim());
            else if (line.StartsWith("\""))
            {
                Finish();
                thread = Header(line);
            }
            else if (line.IsEmpty)
                thread = Finish();
            else if (thread is not null && frames.Count < MostFrames)
                AddFrameLine(line.TrimStart());
        }
        Finish();
        return deadlocks.Count == 0 ? [.. threads] : [new ThreadStack(null, Deadlock, deadlocks.ToImmutable()), .. threads];

        (string, int?)? Finish()
        {
            if (thread is { } ended && frames.Count > 0 && threads.Count < MostThreads)
                threads.Add(new ThreadStack(ended.Tid is { } own ? tids(own) : null, ended.Name, frames.ToImmutable()));
            frames.Clear();
            return null;
        }

        void AddDeadlockLine(ReadOnlySpan<char> line)
        {
            if (line.StartsWith("\"") && deadlocks.Count < MostDeadlockLines)
                deadlocks.Add(new StackFrame(line.ToString()));
            else if (!line.IsEmpty && !line.StartsWith("====") && deadlocks.Count > 0 && deadlocks[^1].Function.Length < MostLineLength)
                deadlocks[^1] = new StackFrame($"{deadlocks[^1].Function} {line}");
        }

        void AddFrameLine(ReadOnlySpan<char> line)
        {
            if (line.StartsWith("at "))
                frames.Add(Frame(line[3..]));
            else if (line.StartsWith("- ") && frames.Count > 0)
                frames[^1] = frames[^1] with { Function = $"{frames[^1].Function} [{line[2..]}]" };
        }
    }

    /// <summary>Null: it is no thread of Java or of the JVM.</summary>
    private static (string Name, int? Tid)? Header(ReadOnlySpan<char> line)
    {
        int nid = line.LastIndexOf(" nid=");
        if (nid < 0 || line[..nid].LastIndexOf('"') is var end && end < 1)
            return null;
        ReadOnlySpan<char> number = line[(nid + 5)..];
        number = number[..(number.IndexOf(' ') is var blank and >= 0 ? blank : number.Length)];
        bool read = number.StartsWith("0x")
            ? int.TryParse(number[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int tid)
            : int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out tid);
        return (line[1..end].ToString(), read ? tid : null);
    }

    // Class.method(module@version/File.java:12), (Native Method), (Unknown Source)
    private static StackFrame Frame(ReadOnlySpan<char> text)
    {
        int open = text.LastIndexOf('(');
        if (open < 0 || !text.EndsWith(")"))
            return new StackFrame(text.ToString());
        ReadOnlySpan<char> place = text[(open + 1)..^1];
        place = place[(place.LastIndexOf('/') + 1)..];
        int colon = place.LastIndexOf(':');
        string function = text[..open].ToString();
        if (colon > 0 && int.TryParse(place[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int line))
            return new StackFrame(function, place[..colon].ToString(), line);
        // Two words are no file.
        return place.Contains(' ') ? new StackFrame($"{function} ({place})") : new StackFrame(function, place.ToString());
    }
}
