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

    private static readonly Lazy<string[]?> PlainUser = new(FindPlainUser);

    /// <summary>Program and arguments that run a command as a user without rights; empty where this is one. Null: nobody here can become one, or he cannot read the agent.</summary>
    public static string[]? BecomePlainUser => PlainUser.Value;

    /// <summary>The same as <see cref="With"/>, as such a user, who cannot read the fd tables of root's processes.</summary>
    public static string[]? AsPlainUserWith(params string[] options) => BecomePlainUser is { } become ? [.. become, .. With(options)] : null;

    private static string[]? FindPlainUser()
    {
        if (!Environment.IsPrivilegedProcess)
            return [];
        string[] become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--"];
        return Places.IsInstalled(become[0]) && RunsAsync([.. become, Places.Agent(), "--version"], CancellationToken.None).GetAwaiter().GetResult() ? become : null;
    }

    /// <summary>Whether such a user can run this program: one below somebody's home may be for nobody else.</summary>
    public static Task<bool> RunsForAPlainUserAsync(string program, CancellationToken cancellation) => RunsAsync([.. BecomePlainUser ?? [], "env", program, "--version"], cancellation);

    private static async Task<bool> RunsAsync(string[] words, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(words[0], words[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Agent.SetUp(start, Path.GetTempPath());
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode == 0;
    }

    /// <summary>Runs a command to its end, with a pipe at its stdin that stays open and nobody at its stdout.</summary>
    public static Task<End> RunAsync(string[] options, string[] command, string folder, CancellationToken cancellation) => RunAsync([.. With(options), .. command], folder, cancellation);

    /// <summary>The same with a script of bash, in which guard is run.</summary>
    public static Task<End> ShellAsync(string script, string folder, CancellationToken cancellation) => RunAsync(["bash", "-c", script], folder, cancellation);

    /// <param name="words">Guard with its options and the command, through whatever program.</param>
    /// <param name="folder">Where guard keeps what it remembers.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<End> RunAsync(string[] words, string folder, CancellationToken cancellation)
    {
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
        // Whatever the command leaves behind has them open; all that it was is over when they end.
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> said = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(limited.Token);
            return new End(process.ExitCode, await said.WaitAsync(limited.Token), Stopwatch.GetElapsedTime(begin)) { Output = await output.WaitAsync(limited.Token) };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            string state = process.HasExited ? "it has ended, and somebody has its output open" : $"it runs, {Places.Agent()} explains: {await Agent.ExplainAsync(process.Id)}";
            End();
            throw new TimeoutException($"{string.Join(' ', words)}: {state}; it said: {await said.WaitAsync(cancellation)}");
        }
        finally
        {
            End();
        }

        // A command that hangs may not listen to guard's SIGTERM: it and what is below it are guard's to end, and of guard nothing is left.
        void End()
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
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
