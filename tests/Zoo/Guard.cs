using System.Diagnostics;
using System.Globalization;

namespace OrphanBoard.Zoo;

/// <summary>The real <c>orphan-agent guard</c>, around whatever is to be run below it.</summary>
internal static class Guard
{
    public const int DeadlockExit = 86;

    /// <summary>For how long a healthy specimen is watched, seconds: its run's likely hang, beside it, is told after so long. <c>GUARD_SECONDS</c>.</summary>
    public static int Seconds { get; } = Environment.GetEnvironmentVariable("GUARD_SECONDS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 3;

    /// <summary>Whether the whole zoo is meant, and not a part of it: <c>GUARD_ZOO=all</c>.</summary>
    public static bool WholeZoo { get; } = Environment.GetEnvironmentVariable("GUARD_ZOO") == "all";

    /// <summary>The longest that any run under guard takes of itself.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromSeconds(Seconds);

    /// <summary>Program and arguments, to be followed by a command.</summary>
    public static string[] With(params string[] options) => [Places.Agent(), "guard", "--no-stacks", .. options, "--"];

    /// <summary>Runs a command to its end, with a pipe at its stdin that stays open and nobody at its stdout.</summary>
    public static async Task<End> RunAsync(string[] options, string[] command, string folder, CancellationToken cancellation)
    {
        string[] words = [.. With(options), .. command];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        Agent.SetUp(start, folder);
        using Process process = Process.Start(start)!;
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(TimeSpan.FromSeconds(90));
        long begin = Stopwatch.GetTimestamp();
        Task<string> output = process.StandardOutput.ReadToEndAsync(limited.Token);
        Task<string> said = process.StandardError.ReadToEndAsync(limited.Token);
        try
        {
            await process.WaitForExitAsync(limited.Token);
            return new End(process.ExitCode, await said, Stopwatch.GetElapsedTime(begin)) { Output = await output };
        }
        finally
        {
            // Guard that is told to end tells its command, and goes with it.
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>Keeps a figure for the benchmark, where it asks for them: <c>GUARD_FIGURES</c> names a file of lines "kind TAB name TAB seconds".</summary>
    public static void Figure(string kind, string name, TimeSpan time)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{kind}\t{name}\t{time.TotalSeconds:0.00}");
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable("GUARD_FIGURES") is not { Length: > 0 } path)
            return;
        lock (typeof(Guard))
            File.AppendAllText(path, line + "\n");
    }
}
