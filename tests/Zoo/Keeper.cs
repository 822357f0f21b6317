using System.Diagnostics;

namespace OrphanBoard.Zoo;

/// <summary>
/// A specimen that runs: started through zoo-keeper, in place when <see cref="StartAsync"/> returns, ended with all its
/// descendants on disposal. The keeper reads our end of its stdin as lifeline, so nothing stays when this process dies.
/// </summary>
internal sealed class Keeper : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly string _folder;
    private readonly Dictionary<string, int> _roles = [];

    private Keeper(Process process, string folder) => (_process, _folder) = (process, folder);

    /// <summary>Pid of zoo-keeper: the specimen is below it.</summary>
    public int Pid => _process.Id;

    /// <summary>Pid of the process that announced itself under this name.</summary>
    public int this[string role] => _roles.TryGetValue(role, out int pid) ? pid : throw new KeyNotFoundException($"no process announced itself as {role}");

    public IEnumerable<int> Pids => _roles.Values;

    public static async Task<Keeper> StartAsync(Specimen specimen, CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("zoo-").FullName;
        var start = new ProcessStartInfo(Places.Program("zoo-keeper"), ["--limit", "300", "--", .. specimen.Command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = folder,
        };
        foreach ((string name, string value) in specimen.Environment)
            start.Environment[name] = value;
        var keeper = new Keeper(Process.Start(start)!, folder);
        await keeper.ReadUntilAsync("ready", cancellation);
        return keeper;
    }

    /// <summary>Returns when the whole specimen has ended by itself.</summary>
    public Task EndedAsync(CancellationToken cancellation) => ReadUntilAsync("ended", cancellation);

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Deadline);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ReadUntilAsync(string last, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(Deadline);
        while (await _process.StandardOutput.ReadLineAsync(limited.Token) is { } line)
        {
            if (line == last)
                return;
            switch (line.Split(' ', 3))
            {
                case ["role", var name, var pid]:
                    _roles.Add(name, int.Parse(pid));
                    break;
                case ["error", ..]:
                    throw new InvalidOperationException($"the specimen could not get into its shape: {line}");
            }
        }
        throw new InvalidOperationException($"zoo-keeper ended before it said \"{last}\"");
    }
}
