using System.Collections.Immutable;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// Threads of .NET that wait for each other's locks. Who has a lock shows neither in the stacks nor in the kernel; but where every thread either waits to enter a lock or
/// waits for another thread or task to end, those who have the locks are among them.
/// <code>
/// one   System.Threading.Monitor.Enter, ...        has what two wants
/// two   System.Threading.Monitor.Enter, ...        has what one wants
/// main  System.Threading.Thread.Join, ...
/// </code>
/// One that waits for anything else (an item of a queue, an event, a socket) may have a lock while it idles, as the leader of a pool has: then nothing is said.
/// </summary>
internal static class DotnetLocks
{
    /// <returns>A sentence for each that waits to enter a lock; empty where they are fewer than two, or somebody does something else.</returns>
    public static ImmutableArray<string> Deadlocked(ImmutableArray<ThreadStack> threads)
    {
        ThreadStack[] entering = [.. threads.Where(Enters)];
        return entering.Length < 2 || !threads.All(thread => Enters(thread) || Joins(thread) || Idles(thread)) ? [] : [.. entering.Select(Sentence)];
    }

    private static bool Enters(ThreadStack thread) => Is(thread.Frames[0], "System.Threading.Monitor.Enter") || Is(thread.Frames[0], "System.Threading.Lock.Enter");

    private static bool Joins(ThreadStack thread) =>
        Is(thread.Frames[0], "System.Threading.Thread.Join") || OfTheRuntime(thread).Any(frame => Is(frame, "System.Threading.Tasks.Task.InternalWait") || Is(frame, "System.Threading.Tasks.Task.WaitAll"));

    /// <summary>A worker of the thread pool without work, or the one that watches over them.</summary>
    private static bool Idles(ThreadStack thread) =>
        thread.Frames.Any(frame => Is(frame, "System.Threading.LowLevelLifoSemaphore.Wait") || Is(frame, "System.Threading.PortableThreadPool+GateThread."));

    private static string Sentence(ThreadStack thread)
    {
        StackFrame place = thread.Frames.FirstOrDefault(frame => !IsOfTheRuntime(frame)) ?? thread.Frames[^1];
        string line = place.File is null ? "" : $" ({place.File}:{place.Line})";
        return $"Thread {(thread.Tid is { } tid ? $"{thread.Name} ({tid})" : thread.Name)} waits to enter a lock in {place.Function}{line}.";
    }

    /// <summary>From the innermost outward, up to the first of the program's own.</summary>
    private static IEnumerable<StackFrame> OfTheRuntime(ThreadStack thread) => thread.Frames.TakeWhile(IsOfTheRuntime);

    private static bool IsOfTheRuntime(StackFrame frame) => Is(frame, "System.");

    private static bool Is(StackFrame frame, string beginning) => frame.Function.StartsWith(beginning, StringComparison.Ordinal);
}
