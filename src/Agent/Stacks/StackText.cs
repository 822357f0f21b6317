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
/// </code>
/// </summary>
public static class StackText
{
    /// <summary>Frames beyond are counted: the innermost tell where it hangs, and recursion tells the rest.</summary>
    private const int MaxFrames = 40;

    /// <summary>Kinds of threads beyond are counted.</summary>
    private const int MaxKinds = 20;

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
            .. stacks.Threads.GroupBy(thread => string.Join('\n', thread.Frames.Select(Place).Concat(thread.WaitsFor)), StringComparer.Ordinal).Select(alike => alike.ToImmutableArray()),
        ];
        foreach (ImmutableArray<ThreadStack> alike in kinds.Take(MaxKinds))
        {
            foreach (string line in Lines(alike[0], alike.Length - 1))
                yield return VisibleText.Of(line);
        }
        if (kinds.Length > MaxKinds)
            yield return $"  and {Number(kinds.Skip(MaxKinds).Sum(alike => alike.Length))} more threads";
    }

    private static IEnumerable<string> Lines(ThreadStack thread, int more)
    {
        string tid = thread.Tid is { } number ? $" ({Number(number)})" : "";
        string like = more switch { 0 => "", 1 => ", and 1 more thread like it", _ => $", and {Number(more)} more threads like it" };
        yield return $"  thread {thread.Name}{tid}{like}";
        foreach (StackFrame frame in thread.Frames.Take(MaxFrames))
            yield return $"    at {Place(frame)}";
        if (thread.Frames.Length > MaxFrames)
            yield return $"    and {Number(thread.Frames.Length - MaxFrames)} more frames";
        foreach (string waits in thread.WaitsFor)
            yield return $"    waits for {waits}";
    }

    private static string Place(StackFrame frame) => (frame.File, frame.Line) switch
    {
        (null, _) => frame.Function,
        ({ } file, null) => $"{frame.Function} ({file})",
        ({ } file, { } line) => $"{frame.Function} ({file}:{Number(line)})",
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
