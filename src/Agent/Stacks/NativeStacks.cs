using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Stacks;

/// <summary>Any program, as the machine sees it: eu-stack, which stops its target the least, or gdb.</summary>
/// <param name="path">Value of PATH.</param>
internal sealed class NativeStacks(string path) : StackTool
{
    private string? FoundEuStack => ProgramSearch.Find(EuStack.Name, path);

    private string? FoundGdb => ProgramSearch.Find(Gdb.Name, path);

    public override string Name => FoundEuStack is null && FoundGdb is not null ? Gdb.Name : EuStack.Name;

    public override string? Lacks => FoundEuStack is null && FoundGdb is null ? $"neither eu-stack nor gdb is installed: {EuStack.Install}" : null;

    public override bool Fits(StackTarget target) => true;

    public override async Task<ProcessStacks> ReadAsync(StackTarget target, CancellationToken limit)
    {
        if (TargetFacts.HasEnded(target.Pid))
            return target.Without(Name, "it has ended");
        ProcessStacks last = target.Without(Name, Lacks ?? $"its files are not the agent's, which only gdb reads: {Gdb.Install}");
        // Of a process in another mount namespace eu-stack would take the agent's own file of the same name.
        if (FoundEuStack is { } euStack && TargetFacts.Of(target.Pid) is not { SharesFiles: false })
            last = await ReadAsync(target, EuStack.Name, euStack, EuStack.Words(target.Pid), EuStack.Backtraces, limit);
        if (last.Missing is not null && FoundGdb is { } gdb)
            last = await ReadAsync(target, Gdb.Name, gdb, Gdb.Words(target.Pid, null, "bt"), Gdb.Backtraces, limit);
        return last;
    }

    private static async Task<ProcessStacks> ReadAsync(
        StackTarget target, string name, string program, IEnumerable<string> words, Func<string, StackTarget, ImmutableArray<ThreadStack>> parse, CancellationToken limit)
    {
        try
        {
            string output = await Attaching.RunAsync(target.Pid, program, words, limit);
            ImmutableArray<ThreadStack> threads = parse(output, target);
            return threads.IsEmpty ? target.Without(name, Attaching.Refusal(target.Pid, name, output)) : new ProcessStacks(target.Pid, target.Comm, name, threads);
        }
        catch (LinuxException e)
        {
            return target.Without(name, e.Message);
        }
    }
}
