using System.Diagnostics;
using System.Globalization;

namespace OrphanBoard.Agent.Tests.Differential;

/// <summary>
/// A few dozen processes that wait and do nothing else (tests/Bench/load.c): what two tools see of them one after another must be the same.
/// </summary>
internal sealed class StillLoad : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly Process _keeper;

    private StillLoad(Process keeper) => _keeper = keeper;

    /// <summary>All of the load, zoo-keeper left out: that one is not still.</summary>
    internal IReadOnlySet<int> Pids { get; private set; } = new HashSet<int>();

    internal static async Task<StillLoad> StartAsync(int processes, CancellationToken cancellation)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "load");
        var start = new ProcessStartInfo(
            Path.Combine(folder, "zoo-keeper"), ["--limit", "120", "--", Path.Combine(folder, "load"), "--processes", $"{processes}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var load = new StillLoad(Process.Start(start)!);
        int root = 0;
        while (await load._keeper.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(Deadline, cancellation) is { } line)
        {
            if (line.StartsWith("started ", StringComparison.Ordinal))
                root = int.Parse(line["started ".Length..], CultureInfo.InvariantCulture);
            if (line == "ready")
            {
                load.Pids = WithDescendants(root).ToHashSet();
                Assert.Equal(processes + 1, load.Pids.Count);
                return load;
            }
            Assert.False(line.StartsWith("error ", StringComparison.Ordinal), line);
        }
        throw new InvalidOperationException("the load ended before it was in place");
    }

    public async ValueTask DisposeAsync()
    {
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync(CancellationToken.None).WaitAsync(Deadline);
        _keeper.Dispose();
    }

    /// <summary>From the files <c>children</c>: not with the code that is tested.</summary>
    private static IEnumerable<int> WithDescendants(int pid) => File.ReadAllText($"/proc/{pid}/task/{pid}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(child => WithDescendants(int.Parse(child, CultureInfo.InvariantCulture)))
        .Prepend(pid);
}
