using System.Diagnostics;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Tests.Commands;

namespace OrphanBoard.Agent.Tests.Guarding;

/// <summary>A program that runs with pipes at its stdin, stdout and stderr, and is talked to line by line.</summary>
internal sealed partial class GuardedProgram : IAsyncDisposable
{
    internal const int Hangup = 1, Interrupt = 2, User1 = 10, Terminate = 15;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120), Patience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly TemporaryDirectory _state = new();

    private GuardedProgram(string program, string[] words)
    {
        _limit.CancelAfter(Deadline);
        var start = new ProcessStartInfo(program, words) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath("../../..", Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        start.Environment["XDG_STATE_HOME"] = _state.Path;
        start.Environment["AGENT"] = AgentProgram.Path;
        start.Environment.Remove("GITHUB_ACTIONS");
        _process = Process.Start(start)!;
    }

    /// <summary>Guard itself, where that is what was started.</summary>
    internal int Pid => _process.Id;

    internal CancellationToken Limit => _limit.Token;

    internal Stream Input => _process.StandardInput.BaseStream;

    internal Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>A command below guard.</summary>
    internal static GuardedProgram Start(params string[] command) => StartWith([], command);

    internal static GuardedProgram StartWith(string[] options, params string[] command) => new(AgentProgram.Path, ["guard", "--no-stacks", .. options, "--", .. command]);

    /// <summary>A script of bash that finds guard as <c>$AGENT</c>.</summary>
    internal static GuardedProgram Shell(string script) => new("bash", ["-c", script]);

    /// <summary>Any program, which is given the environment that guard needs.</summary>
    internal static GuardedProgram Other(string program, params string[] words) => new(program, words);

    internal async Task WriteAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text.AsMemory(), Limit);
        await _process.StandardInput.FlushAsync(Limit);
    }

    /// <summary>Null: end of file.</summary>
    internal async Task<string?> LineAsync() => await _process.StandardOutput.ReadLineAsync(Limit);

    internal async Task<string?> ErrorLineAsync() => await _process.StandardError.ReadLineAsync(Limit);

    /// <summary>Lines of stdout up to the first that ends with <paramref name="end"/>, that one included. A terminal's line ends are none of them.</summary>
    internal Task<List<string>> LinesUntilAsync(string end) => LinesUntilAsync(line => line.EndsWith(end, StringComparison.Ordinal), end);

    /// <summary>As above, up to the first that has <paramref name="part"/> in it.</summary>
    internal Task<List<string>> LinesUntilOneWithAsync(string part) => LinesUntilAsync(line => line.Contains(part, StringComparison.Ordinal), part);

    private async Task<List<string>> LinesUntilAsync(Func<string, bool> isLast, string what)
    {
        List<string> lines = [];
        while (await LineAsync() is { } line)
        {
            lines.Add(line.TrimEnd('\r'));
            if (isLast(lines[^1]))
                return lines;
        }
        throw new InvalidOperationException($"it ended without '{what}': {string.Join('|', lines)}");
    }

    internal void Send(int signal) => Assert.Equal(0, kill(Pid, signal));

    internal void Kill() => _process.Kill();

    internal async Task WaitForExitAsync() => await _process.WaitForExitAsync(Limit);

    /// <summary>Nothing more comes on stdin: how it ends, and what it has said that was not read yet.</summary>
    internal async Task<Ran> EndAsync()
    {
        _process.StandardInput.Close();
        Task<string> output = _process.StandardOutput.ReadToEndAsync(Limit), error = _process.StandardError.ReadToEndAsync(Limit);
        await _process.WaitForExitAsync(Limit);
        return new Ran(_process.ExitCode, System.Text.Encoding.UTF8.GetBytes(await output), await error);
    }

    public async ValueTask DisposeAsync()
    {
        // What runs below guard ends with its stdin, or is told by guard to end.
        if (!_process.HasExited)
            _ = kill(Pid, Terminate);
        try
        {
            _process.StandardInput.Close();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
        }
        using (var patience = new CancellationTokenSource(Patience))
        {
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        _process.Dispose();
        _limit.Dispose();
        _state.Dispose();
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
