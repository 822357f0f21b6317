using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrphanBoard.EndToEnd.Running;

/// <summary><c>./orphanboard up</c> or <c>demo</c> on a free port and a data directory of its own.</summary>
internal sealed class Instance : IAsyncDisposable
{
    private const int SigTerm = 15, SigKill = 9;

    /// <summary>Long enough for a build of what is stale; a start takes a second.</summary>
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    private readonly Process _script;
    private readonly ConcurrentQueue<string> _said = new();

    private Instance(Process script, string data)
    {
        _script = script;
        Data = data;
        script.ErrorDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        script.BeginErrorReadLine();
    }

    public string Data { get; }

    /// <summary>The printed one-time address.</summary>
    public Uri Login { get; private set; } = null!;

    public Api Api { get; private set; } = null!;

    /// <summary>When the address had been printed: <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public long ReadyAt { get; private set; }

    /// <summary>What it wrote to stderr.</summary>
    public string Said => string.Join('\n', _said);

    /// <param name="settings">Text of orphanboard.json, or null for none.</param>
    public static async Task<Instance> StartAsync(string command, string? settings, CancellationToken cancellation)
    {
        string data = Directory.CreateTempSubdirectory("orphanboard-").FullName;
        if (settings is not null)
            await File.WriteAllTextAsync(Path.Combine(data, "orphanboard.json"), settings, cancellation);
        var instance = new Instance(Start(command, "--port", "0", "--data", data), data);
        try
        {
            using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limited.CancelAfter(StartDeadline);
            string? line = await instance._script.StandardOutput.ReadLineAsync(limited.Token);
            instance.ReadyAt = Stopwatch.GetTimestamp();
            Assert.True(line?.StartsWith("Board: http://127.0.0.1:", StringComparison.Ordinal), $"not an address: '{line}'\n{instance.Said}");
            instance.Login = new Uri(line!["Board: ".Length..]);
            string token = await File.ReadAllTextAsync(Path.Combine(data, "api-token"), cancellation);
            instance.Api = new Api(new Uri(instance.Login.GetLeftPart(UriPartial.Authority)), token.Trim());
            return instance;
        }
        catch
        {
            await instance.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a demo and waits until its hang is told.</summary>
    public static async Task<(Instance Demo, int Runner, Episode Episode)> StartDemoAsync(string? settings, CancellationToken cancellation)
    {
        Instance demo = await StartAsync("demo", settings, cancellation);
        try
        {
            int runner = await Eventually.GetAsync(() => Task.FromResult(demo.HasChild("zoo-keeper") ? ChildrenOf(demo.Child("zoo-keeper")).FirstOrDefault() : 0), pid => pid != 0, StopDeadline, cancellation);
            Episode[] open = await Eventually.GetAsync(() => demo.Api.DeadlocksAsync(runner, "open"), episodes => episodes.Length > 0, StopDeadline, cancellation);
            return (demo, runner, Assert.Single(open));
        }
        catch
        {
            await demo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the script to its end.</summary>
    public static async Task<(int Exit, string Output, string Error)> RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        using Process script = Start(arguments);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(StartDeadline);
        Task<string> error = script.StandardError.ReadToEndAsync(limited.Token);
        string output = await script.StandardOutput.ReadToEndAsync(limited.Token);
        await script.WaitForExitAsync(limited.Token);
        return (script.ExitCode, output, await error);
    }

    /// <summary>The script's child whose command line holds <paramref name="word"/>.</summary>
    public int Child(string word)
    {
        int pid = Children().FirstOrDefault(child => CommandLine(child).Contains(word, StringComparison.Ordinal));
        return pid != 0 ? pid : throw new InvalidOperationException($"no child with '{word}' runs\n{Said}");
    }

    public bool HasChild(string word) => Children().Any(child => CommandLine(child).Contains(word, StringComparison.Ordinal));

    /// <summary>kill -9 of a child of the script.</summary>
    public void Kill(string word) => _ = kill(Child(word), SigKill);

    /// <summary>SIGTERM to the zoo-keeper of a demo: the whole hang ends, and nothing else.</summary>
    public void EndHang() => _ = kill(Child("zoo-keeper"), SigTerm);

    /// <summary>SIGTERM to the script; its exit code and what it wrote to stdout after the address.</summary>
    public async Task<(int Exit, string Output)> StopAsync()
    {
        _ = kill(_script.Id, SigTerm);
        return (await EndAsync(), await _script.StandardOutput.ReadToEndAsync().WaitAsync(StopDeadline));
    }

    /// <summary>kill -9 of the script itself; returns when nothing has its stdout open any more: when all its children are gone.</summary>
    public async Task KillScriptAsync()
    {
        _ = kill(_script.Id, SigKill);
        await _script.StandardOutput.ReadToEndAsync().WaitAsync(StopDeadline);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_script.HasExited)
        {
            _ = kill(_script.Id, SigTerm);
            await EndAsync();
        }
        _script.Dispose();
        Api?.Dispose();
        Directory.Delete(Data, recursive: true);
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Places.Script, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Process script = Process.Start(start)!;
        script.StandardInput.Close();
        return script;
    }

    private async Task<int> EndAsync()
    {
        await _script.WaitForExitAsync().WaitAsync(StopDeadline);
        return _script.ExitCode;
    }

    private IEnumerable<int> Children() => ChildrenOf(_script.Id);

    private static IEnumerable<int> ChildrenOf(int pid)
    {
        string children = File.ReadAllText($"/proc/{pid}/task/{pid}/children");
        return children.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse);
    }

    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    [DllImport("libc")]
    private static extern int kill(int pid, int signal);
}
