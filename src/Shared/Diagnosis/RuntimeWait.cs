namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What a runtime says of one of its threads that does not go on.</summary>
/// <param name="Said">A sentence or line.</param>
/// <param name="Tid">The thread; 0: not told.</param>
/// <param name="Kind">For what it waits; null: not told.</param>
/// <param name="Type">What that is: <c>monitor</c>, or the class of a lock.</param>
public sealed record RuntimeWait(string Said, int Tid = 0, RuntimeWaitKind? Kind = null, string Type = "?")
{
    /// <summary>Whether a wait edge of that kind is of a thread for another of its process, as the runtime says.</summary>
    internal static bool IsKind(string edgeKind) =>
        edgeKind is nameof(RuntimeWaitKind.Monitor) or nameof(RuntimeWaitKind.Lock) or nameof(RuntimeWaitKind.LockOfEnded) or nameof(RuntimeWaitKind.Task) or nameof(RuntimeWaitKind.ThreadEnd);
}

/// <summary>For what of another thread a thread waits. The names are those of wait edges.</summary>
public enum RuntimeWaitKind
{
    /// <summary>A lock that each object of the language has.</summary>
    Monitor,

    /// <summary>A lock of its library.</summary>
    Lock,

    /// <summary>The same, where the thread that has it has ended.</summary>
    LockOfEnded,

    /// <summary>The result of what the other runs.</summary>
    Task,

    /// <summary>That the other ends.</summary>
    ThreadEnd,
}
