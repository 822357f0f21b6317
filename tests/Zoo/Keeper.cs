using System.Diagnostics;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Zoo;

/// <summary>
/// A specimen that runs: started through zoo-keeper, in place when <see cref="StartAsync"/> returns, ended with all its
/// descendants on disposal. The keeper reads our end of its stdin as lifeline, so nothing stays when this process dies.
/// </summary>
internal sealed class Keeper : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly string _folder;
    private readonly Dictionary<string, int> _roles = [];
    private readonly Task<Words>? _said;
    private long _readyAt;

    private Keeper(Process process, string folder, bool listens) =>
        (_process, _folder, _said) = (process, folder, listens ? ReadWordsAsync(process.StandardError) : null);

    /// <summary>Pid of zoo-keeper, or of what it was started through: the specimen is below it.</summary>
    public int Pid => _process.Id;

    /// <summary>Pid of the process that announced itself under this name.</summary>
    public int this[string role] => _roles.TryGetValue(role, out int pid) ? pid : throw new KeyNotFoundException($"no process announced itself as {role}");

    public IEnumerable<int> Pids => _roles.Values;

    /// <param name="specimen">What to start.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="through">Program and arguments that run zoo-keeper, as guard does; none: it is started directly.</param>
    public static async Task<Keeper> StartAsync(Specimen specimen, CancellationToken cancellation, params string[] through)
    {
        string folder = Directory.CreateTempSubdirectory("zoo-").FullName;
        string[] words = [.. through, Places.Program("zoo-keeper"), "--limit", "300", "--", .. specimen.Command];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = through.Length > 0,
            WorkingDirectory = folder,
        };
        if (through.Length > 0)
        {
            Agent.SetUp(start, folder);
            // It may run as another user.
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        }
        else
            start.Environment[JobCookie.Specimen] = "zoo"; // these tests may run under guard themselves
        foreach ((string name, string value) in specimen.Environment)
            start.Environment[name] = value;
        var keeper = new Keeper(Process.Start(start)!, folder, through.Length > 0);
        try
        {
            await keeper.ReadUntilAsync("ready", cancellation);
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
        {
            await keeper.DisposeAsync();
            throw;
        }
        keeper._readyAt = Stopwatch.GetTimestamp();
        keeper.NameByTheHost();
        return keeper;
    }

    /// <summary>Returns when the whole specimen has ended by itself.</summary>
    public Task EndedAsync(CancellationToken cancellation) => ReadUntilAsync("ended", cancellation);

    /// <summary>Lets go of the lifeline: zoo-keeper ends the specimen, and itself.</summary>
    public void LetGo() => _process.StandardInput.Close();

    /// <summary>How the program that zoo-keeper was started through has ended.</summary>
    public async Task<End> EndAsync(CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(TimeSpan.FromSeconds(90) + Guard.Longest);
        await _process.WaitForExitAsync(limited.Token);
        Words said = await _said!.WaitAsync(limited.Token);
        return new End(_process.ExitCode, said.Text, Stopwatch.GetElapsedTime(_readyAt, said.FirstAt));
    }

    public async ValueTask DisposeAsync()
    {
        LetGo();
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
            Note(line, _roles);
        }
        throw new InvalidOperationException($"zoo-keeper ended before it said \"{last}\"{(_said is { IsCompleted: true } said ? $": {(await said).Text}" : "")}");
    }

    /// <summary>In a pid namespace of its own a specimen announces the pids of that.</summary>
    private void NameByTheHost()
    {
        Dictionary<int, int> hostPids = PidNamespaces.Below(Pid);
        foreach ((string role, int pid) in _roles.ToList())
            _roles[role] = hostPids.GetValueOrDefault(pid, pid);
    }

    /// <summary>One line of what a specimen announces.</summary>
    internal static void Note(string line, Dictionary<string, int> roles)
    {
        switch (line.Split(' ', 3))
        {
            case ["role", var name, var pid]:
                roles.Add(name, int.Parse(pid));
                break;
            case ["error", ..]:
                throw new InvalidOperationException($"the specimen could not get into its shape: {line}");
        }
    }

    private static async Task<Words> ReadWordsAsync(StreamReader from)
    {
        string? first = await from.ReadLineAsync();
        long at = Stopwatch.GetTimestamp();
        return new Words(first is null ? "" : $"{first}\n{await from.ReadToEndAsync()}", at);
    }

    private sealed record Words(string Text, long FirstAt);
}

/// <param name="Exit">Its exit code.</param>
/// <param name="Said">What came on stderr.</param>
/// <param name="FirstWordAfter">From the specimen in place to the first line on stderr.</param>
internal sealed record End(int Exit, string Said, TimeSpan FirstWordAfter)
{
    /// <summary>What came on stdout, where nobody else has read it.</summary>
    public string Output { get; init; } = "";
}
