using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;

namespace OrphanBoard.Agent.Stacks;

/// <summary>What a tool said of one process: where each of its threads is in the program.</summary>
/// <param name="Pid">As in proc(5), in the pid namespace of the agent.</param>
/// <param name="Comm">Its name.</param>
/// <param name="Tool">Who read them, <c>eu-stack</c> say; of a tool that is missing, the one that would.</param>
/// <param name="Threads">Empty where nothing could be read.</param>
/// <param name="Missing">
/// Why there are none, and what to install or to allow; null: they were read. Beside threads: why they are those of the machine and not those of its own language.
/// </param>
public sealed record ProcessStacks(int Pid, string Comm, string Tool, ImmutableArray<ThreadStack> Threads, string? Missing = null)
{
    /// <summary>What the runtime says of threads that wait for each other's locks; empty where it says nothing.</summary>
    public ImmutableArray<RuntimeWait> Deadlocked { get; init; } = [];
}

/// <param name="Tid">As in proc(5); null where the runtime does not tell it.</param>
/// <param name="Name">The thread's name, as the runtime or the kernel has it.</param>
/// <param name="Frames">Innermost first.</param>
public sealed record ThreadStack(int? Tid, string Name, ImmutableArray<StackFrame> Frames)
{
    /// <summary>What its runtime says that it waits for, <c>child process 4303</c> say. Of runtimes that wait with an empty stack.</summary>
    public ImmutableArray<string> WaitsFor { get; init; } = [];

    /// <summary>A service thread of its runtime, which no finding tells of.</summary>
    public bool Serves { get; init; }
}

/// <param name="Function">Name of function or method, with its class or module where the language has them.</param>
/// <param name="File">Source file as the tool tells it; null: not known.</param>
/// <param name="Line">Line in <paramref name="File"/>, from 1; null: not known.</param>
public sealed record StackFrame(string Function, string? File = null, int? Line = null);
