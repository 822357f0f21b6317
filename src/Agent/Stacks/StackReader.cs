using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Shared.Diagnosis;

namespace OrphanBoard.Agent.Stacks;

/// <summary>Reads the stacks of several processes at once, each with the tool that knows its runtime.</summary>
public static class StackReader
{
    private static string SearchPath => Environment.GetEnvironmentVariable("PATH") ?? "";

    /// <summary>The machine's own view, for every program, and for those that the tool of their runtime could not read.</summary>
    private static readonly NativeStacks Native = new(SearchPath);

    /// <summary>The most specific first: who fits first reads.</summary>
    private static readonly ImmutableArray<StackTool> Tools = [new DotnetStacks(), new JvmStacks(), new PythonStacks(SearchPath), new NodeStacks(), Native];

    /// <summary>At most this many processes: of a hundred alike, a few tell.</summary>
    private const int MaxProcesses = 12;

    /// <summary>After the limit a tool is killed, and its target set going again.</summary>
    private static readonly TimeSpan Clearing = TimeSpan.FromSeconds(5);

    /// <summary>Whatever is not there when <paramref name="limit"/> is over is told as missing. In the order of <paramref name="targets"/>.</summary>
    public static async Task<ImmutableArray<ProcessStacks>> ReadAsync(IEnumerable<StackTarget> targets, TimeSpan limit, TimeProvider time)
    {
        using var over = new CancellationTokenSource(limit, time);
        return [.. await Task.WhenAll(targets.Take(MaxProcesses).Select(target => ReadOneWithinAsync(target, limit, time, over.Token)))];
    }

    /// <summary>Asks the runtime of a process whether its threads wait for each other's locks, if it is one that knows.</summary>
    /// <returns>Who says it, and what; null: it does not, or was not asked.</returns>
    public static async Task<(string Runtime, ImmutableArray<RuntimeWait> Waits)?> AskForDeadlocksAsync(StackTarget target, TimeSpan limit, TimeProvider time)
    {
        if (Tools.First(tool => tool.Fits(target)) is not { TellsDeadlocks: { } runtime } tool || tool.ConcludesDeadlocks && !target.WaitsInsideItself)
            return null;
        using var over = new CancellationTokenSource(limit, time);
        try
        {
            ProcessStacks read = await Task.Run(() => tool.ReadAsync(target, over.Token), CancellationToken.None).WaitAsync(limit + Clearing, time, CancellationToken.None);
            return read.Deadlocked.IsEmpty ? null : (runtime, read.Deadlocked);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>On a thread of its own: a read of /proc can wait for the process that is read.</summary>
    private static async Task<ProcessStacks> ReadOneWithinAsync(StackTarget target, TimeSpan limit, TimeProvider time, CancellationToken over)
    {
        try
        {
            return target.InOrder(await Task.Run(() => ReadOneAsync(target, limit, over), CancellationToken.None).WaitAsync(limit + Clearing, time, CancellationToken.None));
        }
        catch (TimeoutException)
        {
            return target.Without("none", $"not read within {Seconds(limit)}: reading it waits in the kernel");
        }
    }

    private static async Task<ProcessStacks> ReadOneAsync(StackTarget target, TimeSpan limit, CancellationToken over)
    {
        StackTool tool = Tools.First(tool => tool.Fits(target));
        try
        {
            ProcessStacks read = await tool.ReadAsync(target, over);
            if (read.Missing is not { } missing || tool == Native)
                return read;
            ProcessStacks native = await Native.ReadAsync(target, over);
            return native.Missing is null ? native with { Missing = $"not by {tool.Name}: {missing}" } : read;
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return target.Without(tool.Name, $"not read within {Seconds(limit)}");
        }
    }

    private static string Seconds(TimeSpan limit) => $"{limit.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s";

    /// <summary>For <c>doctor</c>: each tool, and what it lacks.</summary>
    internal static ImmutableArray<StackToolState> States() => [.. Tools.Select(tool => new StackToolState(tool.Name, tool.Lacks))];
}

/// <param name="Name">As it is told to the user.</param>
/// <param name="Lacks">What is not installed, and how to install it; null: it is ready.</param>
public sealed record StackToolState(string Name, string? Lacks);
