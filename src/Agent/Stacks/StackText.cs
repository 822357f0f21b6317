using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// Stacks for a person to read, line by line.
/// <code>
/// reader (4711), by eu-stack:
///   thread reader (4712), and 2 more threads like it
///     at wait_for_end (/src/hang.c:5)
///     at ?? in libuv.so, 4 frames
///   and 2 threads of its runtime: Finalizer, Signal Dispatcher
/// </code>
/// </summary>
public static class StackText
{
    /// <summary>Frames beyond are counted: the innermost tell where it hangs, and recursion tells the rest.</summary>
    private const int MaxFrames = 40;

    /// <summary>Kinds of threads beyond are counted.</summary>
    private const int MaxKinds = 20;

    /// <summary>Names of service threads beyond are left out.</summary>
    private const int MaxServices = 8;

    public static void Write(TextWriter output, ProcessStacks stacks)
    {
        foreach (string line in Lines(stacks))
            output.WriteLine(line);
    }

    public static IEnumerable<string> Lines(ProcessStacks stacks)
    {
        string who = $"{stacks.Comm} ({Number(stacks.Pid)})";
        if (stacks.Missing is { } missing)
            yield return VisibleText.Of(stacks.Threads.IsEmpty ? $"{who}: no stacks: {missing}" : $"{who}, by {stacks.Tool} ({missing}):");
        else
            yield return VisibleText.Of($"{who}, by {stacks.Tool}:");
        ImmutableArray<ImmutableArray<ThreadStack>> kinds =
        [
            .. stacks.Threads.Where(thread => !thread.Serves).GroupBy(thread => string.Join('\n', thread.Frames.Select(Place).Concat(thread.WaitsFor)), StringComparer.Ordinal).Select(alike => alike.ToImmutableArray()),
        ];
        foreach (ImmutableArray<ThreadStack> alike in kinds.Take(MaxKinds))
        {
            foreach (string line in Lines(alike[0], alike.Length - 1))
                yield return VisibleText.Of(line);
        }
        if (kinds.Length > MaxKinds)
            yield return $"  and {Number(kinds.Skip(MaxKinds).Sum(alike => alike.Length))} more threads";
        if (stacks.Threads.Count(thread => thread.Serves) is > 0 and var services)
        {
            string[] names = [.. stacks.Threads.Where(thread => thread.Serves).Select(thread => thread.Name).Distinct(StringComparer.Ordinal)];
            yield return VisibleText.Of($"  and {Number(services)} {(services == 1 ? "thread" : "threads")} of its runtime: {string.Join(", ", names.Take(MaxServices))}{(names.Length > MaxServices ? ", ..." : "")}");
        }
    }

    private static IEnumerable<string> Lines(ThreadStack thread, int more)
    {
        string tid = thread.Tid is { } number ? $" ({Number(number)})" : "";
        string like = more switch { 0 => "", 1 => ", and 1 more thread like it", _ => $", and {Number(more)} more threads like it" };
        yield return $"  thread {thread.Name}{tid}{like}";
        for (int i = 0, run; i < Math.Min(thread.Frames.Length, MaxFrames); i += run)
        {
            run = RunAt(thread.Frames, i);
            yield return run == 1 ? $"    at {Place(thread.Frames[i])}" : $"    at {Place(thread.Frames[i])}, {Number(run)} frames";
        }
        if (thread.Frames.Length > MaxFrames)
            yield return $"    and {Number(thread.Frames.Length - MaxFrames)} more frames";
        foreach (string waits in thread.WaitsFor)
            yield return $"    waits for {waits}";
    }

    /// <summary>How many frames from one on are alike in that nothing but their file is known: a program without symbols says nothing by their number.</summary>
    private static int RunAt(ImmutableArray<StackFrame> frames, int first)
    {
        int run = 1;
        while (frames[first].Function.StartsWith("??", StringComparison.Ordinal) && first + run < Math.Min(frames.Length, MaxFrames) && frames[first + run] == frames[first])
            run++;
        return run;
    }

    private static string Place(StackFrame frame) => (frame.File, frame.Line) switch
    {
        (null, _) => frame.Function,
        ({ } file, null) => $"{frame.Function} ({file})",
        ({ } file, { } line) => $"{frame.Function} ({file}:{Number(line)})",
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
