using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Captures;

namespace OrphanBoard.Agent.Commands;

/// <summary><c>replay</c>: the diagnosis of a capture, wherever it was taken. Same output and exit codes as <c>scan</c>.</summary>
public static class ReplayCommand
{
    public static Command Syntax { get; } = new(
        "replay",
        "diagnose a capture that 'dump' wrote, on any machine",
        "F",
        1,
        [ScanCommand.Json, ScanCommand.MinimumWait, ScanCommand.Pid],
        "0 nothing found or hazards only, 3 something found, 2 bad usage, 1 it failed",
        RunAsync);

    private static Task<int> RunAsync(Arguments arguments, TextWriter output, TextWriter error)
    {
        if (arguments.Operands is not [{ Length: > 0 } file])
            throw new UsageException("replay: which capture? Give its file, or - for standard input; see 'orphan-agent replay --help'");
        Capture capture = Read(file);
        return ScanCommand.ReportAsync(
            arguments, capture, () => capture.Last.TakenAt + capture.Last.Duration - capture.First.TakenAt, output);
    }

    /// <summary>Reads in the calling thread, which <c>doctor</c> relies on for its child.</summary>
    private static Capture Read(string file)
    {
        if (file == "-" && !Console.IsInputRedirected)
            throw new UsageException("replay: standard input is a terminal; a capture comes from a file or a pipe");
        if (file == "-" && !StandardDescriptor.IsOpen(StandardDescriptor.Input))
            throw new InvalidDataException("standard input: it is closed");
        if (Directory.Exists(file))
            throw new InvalidDataException($"{file}: it is a directory, not a capture");
        try
        {
            using Stream input = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
            return CaptureFormat.Decode(input);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{(file == "-" ? "standard input" : file)}: {e.Message}", e);
        }
    }
}
