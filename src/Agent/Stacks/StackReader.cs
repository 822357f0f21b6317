using System.Collections.Immutable;

namespace OrphanBoard.Agent.Stacks;

/// <summary>Reads the stacks of several processes at once, each with the tool that knows its runtime.</summary>
public static class StackReader
{
    /// <summary>The most specific first: who fits first reads.</summary>
    private static readonly ImmutableArray<StackTool> Tools = [new DotnetStacks(), new JvmStacks()];

    /// <summary>At most this many processes: of a hundred alike, a few tell.</summary>
    private const int MaxProcesses = 12;

    /// <summary>Whatever is not there when <paramref name="limit"/> is over is told as missing. In the order of <paramref name="targets"/>.</summary>
    public static async Task<ImmutableArray<ProcessStacks>> ReadAsync(IEnumerable<StackTarget> targets, TimeSpan limit, TimeProvider time)
    {
        using var over = new CancellationTokenSource(limit, time);
        return [.. await Task.WhenAll(targets.Take(MaxProcesses).Select(target => ReadOneAsync(target, limit, over.Token)))];
    }

    private static async Task<ProcessStacks> ReadOneAsync(StackTarget target, TimeSpan limit, CancellationToken over)
    {
        if (Tools.FirstOrDefault(tool => tool.Fits(target)) is not { } tool)
            return new ProcessStacks(target.Pid, target.Comm, "none", [], "no tool for this kind of program");
        try
        {
            return await tool.ReadAsync(target, over);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return new ProcessStacks(target.Pid, target.Comm, tool.Name, [], $"not read within {limit.TotalSeconds:0.#} s");
        }
    }
}
