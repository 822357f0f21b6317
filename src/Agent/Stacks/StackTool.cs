using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>One way to read the stacks of processes of one runtime. It stops its target for moments at most, and leaves it as it was.</summary>
internal abstract class StackTool
{
    /// <summary>As it is told to the user.</summary>
    public abstract string Name { get; }

    /// <summary>What is not installed of it, and how to install it; null: it is ready, or needs nothing.</summary>
    public virtual string? Lacks => null;

    /// <summary>Who tells of deadlocks among the threads of its targets, see <see cref="ProcessStacks.Deadlocked"/>: <c>the JVM</c>. Null: nobody.</summary>
    public virtual string? TellsDeadlocks => null;

    /// <summary>It does not know who has a lock, and concludes it from where all threads are: of who waits for something outside its memory as well, nothing can be concluded.</summary>
    public virtual bool ConcludesDeadlocks => false;

    /// <summary>Whether the process is one that this tool is for, whether or not the tool is installed.</summary>
    public abstract bool Fits(StackTarget target);

    /// <summary>Reads until <paramref name="limit"/> is cancelled; never throws but for that. What could not be read is <see cref="ProcessStacks.Missing"/>.</summary>
    public abstract Task<ProcessStacks> ReadAsync(StackTarget target, CancellationToken limit);
}

/// <param name="Pid">As in proc(5).</param>
/// <param name="Comm">Its name.</param>
/// <param name="Threads">Its threads by tid, with their names.</param>
public sealed record StackTarget(int Pid, string Comm, ImmutableArray<(int Tid, string Name)> Threads)
{
    /// <summary>Tids of the service threads of its runtime.</summary>
    public IReadOnlySet<int> Services { get; init; } = ImmutableHashSet<int>.Empty;

    /// <summary>Whether its threads wait for nothing outside its memory.</summary>
    public bool WaitsInsideItself { get; init; }

    /// <summary>Tids of those whose waits a finding tells of.</summary>
    public IReadOnlySet<int> Told { get; init; } = ImmutableHashSet<int>.Empty;

    internal static StackTarget Of(ProcessRecord process) => new(process.Pid, process.Comm, [.. process.Threads.Select(thread => (thread.Tid, thread.Comm))]);

    /// <summary>What a runtime says of all its threads first, then those that a finding tells of, the program's own, and those of its runtime.</summary>
    internal ProcessStacks InOrder(ProcessStacks read) => read with
    {
        Threads = [.. read.Threads.Select(thread => thread with { Serves = thread.Tid is { } tid && Services.Contains(tid) && !Told.Contains(tid) }).OrderBy(Rank)],
    };

    private int Rank(ThreadStack thread) => thread switch
    {
        { Tid: null } => 0,
        { Tid: { } tid } when Told.Contains(tid) => 1,
        { Serves: false } => 2,
        _ => 3,
    };

    /// <summary>The kernel's name of a thread; that of the process where the thread is not known.</summary>
    internal string NameOf(int? tid) => Threads.FirstOrDefault(thread => thread.Tid == tid).Name ?? Comm;

    /// <summary>The answer of a tool that could not read it.</summary>
    internal ProcessStacks Without(string tool, string missing) => new(Pid, Comm, tool, [], missing);
}
