using System.Diagnostics;
using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

/// <summary>A program that says "ready" when it hangs, and then answers each line with itself.</summary>
internal sealed class HungRuntime : IDisposable
{
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string> Classes = new(CompileJava);
    private readonly Process _process;

    private static string Dll => Path.Combine(AppContext.BaseDirectory, "hung", "Hung.dll");

    private HungRuntime(Process process) => (_process, Pid) = (process, process.Id);

    internal int Pid { get; private init; }

    internal StackTarget Target => TargetOf(Pid);

    internal static Task<HungRuntime> StartDotnetAsync(params (string Name, string Value)[] environment) =>
        StartAsync("dotnet", [Dll], environment);

    internal static Task<HungRuntime> StartJavaAsync(string[] options, params (string Name, string Value)[] environment)
    {
        Assert.SkipUnless(IsThere("java") && IsThere("javac"), "no java or no javac here");
        return StartAsync("java", [.. options, "-cp", Classes.Value, "Hung"], environment);
    }

    /// <summary>As in a container: with pids and a /tmp of its own.</summary>
    internal static async Task<HungRuntime> StartContainedAsync(string runtime)
    {
        bool isJava = runtime == "java";
        Assert.SkipUnless(IsThere(runtime), $"no {runtime} here");
        using (Process unshare = Process.Start(new ProcessStartInfo("unshare", ["--pid", "--mount-proc", "--fork", "true"]) { RedirectStandardError = true })!)
        {
            await unshare.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.SkipUnless(unshare.ExitCode == 0, "pids and mounts cannot be unshared here");
        }
        // These tests may lie below the /tmp that the program does not see.
        string here = AppContext.BaseDirectory.TrimEnd('/');
        string[] program = [.. (isJava ? ["java", "-cp", Classes.Value, "Hung"] : (string[])["dotnet", Dll]).Select(word => word.Replace(here, "/mnt", StringComparison.Ordinal))];
        HungRuntime parent = await StartAsync(
            "unshare", ["--pid", "--mount-proc", "--fork", "sh", "-c", "mount --bind \"$0\" /mnt && mount -t tmpfs none /tmp && exec \"$@\"", here, .. program], []);
        string child = await File.ReadAllTextAsync($"/proc/{parent.Pid}/task/{parent.Pid}/children", TestContext.Current.CancellationToken);
        return new HungRuntime(parent._process) { Pid = int.Parse(child.Trim()) };
    }

    /// <summary>hostile_port.py, which ends when this is disposed of.</summary>
    internal static Task<HungRuntime> StartPortAsync(string path, string what) =>
        StartAsync("python3", [Path.Combine(AppContext.BaseDirectory, "hostile_port.py"), path, what], []);

    /// <summary>Whether the program still does what it is there for, and has said nothing else meanwhile.</summary>
    internal async Task<bool> AnswersAsync()
    {
        string word = Guid.NewGuid().ToString();
        await _process.StandardInput.WriteLineAsync(word);
        await _process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        return await NextLineAsync(_process) == word;
    }

    internal static StackTarget TargetOf(int pid, params string[] furtherThreads)
    {
        IEnumerable<(int, string)> threads = Directory.GetDirectories($"/proc/{pid}/task").Select(task => (int.Parse(Path.GetFileName(task)), File.ReadAllText($"{task}/comm").Trim()));
        return new StackTarget(pid, File.ReadAllText($"/proc/{pid}/comm").Trim(), [.. threads, .. furtherThreads.Select(name => (pid, name))]);
    }

    public void Dispose()
    {
        // The end of its stdin is the end of each of these programs; they clean up after themselves.
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Deadline))
            _process.Kill();
        _process.Dispose();
    }

    private static async Task<HungRuntime> StartAsync(string program, string[] arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        var hung = new HungRuntime(Process.Start(start)!);
        Assert.Equal("ready", await NextLineAsync(hung._process));
        return hung;
    }

    private static Task<string?> NextLineAsync(Process process) =>
        process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);

    private static bool IsThere(string program) => Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(directory => File.Exists(Path.Combine(directory, program)));

    private static string CompileJava()
    {
        string directory = Path.Combine(AppContext.BaseDirectory, $"hung-java-{Environment.ProcessId}");
        Directory.CreateDirectory(directory);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        using Process javac = Process.Start("javac", ["-d", directory, Path.Combine(AppContext.BaseDirectory, "Hung.java")]);
        javac.WaitForExit();
        Assert.Equal(0, javac.ExitCode);
        return directory;
    }
}
