namespace OrphanBoard.Agent.Stacks;

/// <summary>Stacks for a person.</summary>
public static class StackText
{
    /// <summary>A block of lines for one process.</summary>
    public static void Write(TextWriter output, ProcessStacks process)
    {
        output.WriteLine($"{process.Comm} ({process.Pid}), by {process.Tool}{(process.Missing is { } why ? $": {why}" : "")}");
        foreach (ThreadStack thread in process.Threads)
        {
            output.WriteLine($"  thread {thread.Name}{(thread.Tid is { } tid ? $" ({tid})" : "")}");
            foreach (StackFrame frame in thread.Frames)
                output.WriteLine($"    {frame.Function}{(frame.File is { } file ? $"  {file}{(frame.Line is { } line ? $":{line}" : "")}" : "")}");
        }
    }
}
