using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Commands;

/// <summary>stdout and stderr. One that was closed before the program started (<c>&gt;&amp;-</c>) takes what is written and drops it, as /dev/null would.
/// Lines for a terminal are broken to its width.</summary>
internal static class StandardStream
{
    internal static TextWriter Output() => Terminal.Columns(StandardDescriptor.Output) is { } columns ? new TerminalWriter(Open(() => Console.Out), columns) : Open(() => Console.Out);

    internal static TextWriter Error() => Open(() => Console.Error);

    private static TextWriter Open(Func<TextWriter> open)
    {
        try
        {
            return open();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return TextWriter.Null;
        }
    }
}
