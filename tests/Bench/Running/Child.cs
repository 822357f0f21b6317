using System.Diagnostics;
using System.Runtime.InteropServices;
using OrphanBoard.Bench.Measuring;

namespace OrphanBoard.Bench.Running;

/// <summary>
/// A program that this one started, with nothing at its stdin and stdout and its stderr in a file. It is ended with this program, by its
/// own pid while it has not been waited for.
/// </summary>
internal sealed partial class Child : IDisposable
{
    private const int SigTerm = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly List<Child> Running = [];

    private readonly Process _process;
    private readonly string? _saidFile;
    private readonly bool _endsAtEndOfInput;

    private Child(Process process, string? saidFile, bool endsAtEndOfInput)
    {
        (_process, _saidFile, _endsAtEndOfInput) = (process, saidFile, endsAtEndOfInput);
        lock (Running)
            Running.Add(this);
    }

    internal int Pid => _process.Id;

    internal bool HasEnded => _process.HasExited;

    /// <summary>What it has written to stderr so far.</summary>
    internal string Said => _saidFile is null ? "" : File.ReadAllText(_saidFile).Trim();

    /// <summary>The last line of <see cref="Said"/>.</summary>
    internal string LastWords => Said.Split('\n')[^1];

    /// <summary>Its stdout, where it was started to be listened to.</summary>
    internal StreamReader Output => _process.StandardOutput;

    internal static Child Start(string program, params string[] arguments)
    {
        string said = Path.GetTempFileName();
        // The shell is replaced by the program at once: its pid is the program's.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" </dev/null >/dev/null 2>\"$BENCH_SAID\"", program, .. arguments]);
        start.Environment["BENCH_SAID"] = said;
        return new Child(Process.Start(start)!, said, false);
    }

    /// <summary>With a pipe to its stdin, whose end of file tells it to end, and one from its stdout.</summary>
    internal static Child StartToListen(string program, params string[] arguments) => new(
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!, null, true);

    /// <summary>Runs a program to its end.</summary>
    internal static Ran Run(string program, params string[] arguments)
    {
        double before = Cpu.MsOfEndedChildren();
        long start = Stopwatch.GetTimestamp();
        using Child child = Start(program, arguments);
        child._process.WaitForExit();
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        return new Ran(child._process.ExitCode, Cpu.MsOfEndedChildren() - before, took.TotalMilliseconds, child.LastWords);
    }

    /// <summary>Ends all that run. Called from a signal as well.</summary>
    internal static void EndAll()
    {
        Child[] running;
        lock (Running)
            running = [.. Running];
        foreach (Child child in running)
            child.Dispose();
    }

    public void Dispose()
    {
        lock (Running)
        {
            if (!Running.Remove(this))
                return;
        }
        if (!_process.HasExited)
        {
            if (_endsAtEndOfInput)
                _process.StandardInput.Close();
            else
                _ = kill(_process.Id, SigTerm);
            if (!_process.WaitForExit(Patience))
                _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
        if (_saidFile is not null)
            File.Delete(_saidFile);
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}

/// <param name="CpuMs">Of the program and of those that it waited for.</param>
/// <param name="WallMs">From start to exit.</param>
/// <param name="LastWords">Last line of its stderr.</param>
internal sealed record Ran(int Exit, double CpuMs, double WallMs, string LastWords);
