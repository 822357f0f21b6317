using System.Diagnostics;

namespace OrphanBoard.Agent.Tests.Commands;

/// <summary>The agent as a program of its own, with bytes in and out.</summary>
internal static class AgentProgram
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    internal static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "orphan-agent");

    internal static Task<Ran> RunAsync(params string[] words) => RunAsync([], words);

    internal static async Task<Ran> RunAsync(byte[] input, params string[] words) => await RunProgramAsync(Path, input, words);

    internal static async Task<Ran> RunProgramAsync(string program, byte[] input, params string[] words)
    {
        using Process process = StartProgram(program, words);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limited.CancelAfter(Deadline);
        try
        {
            using var output = new MemoryStream();
            Task reading = process.StandardOutput.BaseStream.CopyToAsync(output, limited.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(limited.Token);
            await WriteAsync(process, input, limited.Token);
            await reading;
            await process.WaitForExitAsync(limited.Token);
            return new Ran(process.ExitCode, output.ToArray(), await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>Starts it and leaves it running; what it says is not read.</summary>
    internal static Process Start(params string[] words) => StartProgram(Path, words);

    private static Process StartProgram(string program, string[] words)
    {
        var start = new ProcessStartInfo(program, words) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ROOT"] = System.IO.Path.GetFullPath("../../..", System.IO.Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        return Process.Start(start)!;
    }

    /// <summary>It may end without having read all.</summary>
    private static async Task WriteAsync(Process process, byte[] input, CancellationToken cancellation)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellation);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
        }
    }
}

internal sealed record Ran(int Exit, byte[] Output, string Error)
{
    internal string Text => System.Text.Encoding.UTF8.GetString(Output);
}
