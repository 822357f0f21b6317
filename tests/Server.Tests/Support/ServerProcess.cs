using System.Diagnostics;
using System.Net.Http.Headers;

namespace OrphanBoard.Server.Tests.Support;

/// <summary>The program itself, as a child of this one.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private ServerProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>Starts it and waits until it can be opened.</summary>
    /// <param name="shellPrefix">bash commands that run before it takes the shell's place.</param>
    public static async Task<ServerProcess> Start(string directory, string shellPrefix = "")
    {
        ServerProcess server = Launch(shellPrefix, "--port", "0", "--data", directory);
        string line = await server._process.StandardOutput.ReadLineAsync().WaitAsync(Deadline) ?? throw new InvalidOperationException(await server._errors);
        Assert.StartsWith("Board: http://127.0.0.1:", line);
        server.Address = new Uri(new Uri(line["Board: ".Length..]).GetLeftPart(UriPartial.Authority));
        return server;
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> Run(params string[] args)
    {
        await using ServerProcess server = Launch("", args);
        string output = await server._process.StandardOutput.ReadToEndAsync().WaitAsync(Deadline);
        await server._process.WaitForExitAsync().WaitAsync(Deadline);
        return (server._process.ExitCode, output, (await server._errors).TrimEnd('\n'));
    }

    public HttpClient Api(string directory)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(directory, "api-token")).Trim());
        return client;
    }

    public int Pid => _process.Id;

    /// <summary>SIGKILL.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Deadline);
    }

    /// <returns>The exit code, and what else it wrote to stdout.</returns>
    public async Task<(int ExitCode, string Output)> Signal(string name)
    {
        using (Process kill = Process.Start("/bin/kill", ["-s", name, _process.Id.ToString()]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(Deadline);
        return (_process.ExitCode, await _process.StandardOutput.ReadToEndAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await Kill();
        _process.Dispose();
    }

    private static ServerProcess Launch(string shellPrefix, params string[] args)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "orphanboard-server");
        var start = new ProcessStartInfo("/bin/bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["-c", shellPrefix + " exec \"$0\" \"$@\"", program, .. args])
            start.ArgumentList.Add(argument);
        return new ServerProcess(Process.Start(start)!);
    }
}
