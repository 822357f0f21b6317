using System.Diagnostics;

namespace OrphanBoard.EndToEnd.Running;

/// <summary>The founding hang once more, started by the test itself: in place when <see cref="StartAsync"/> returns.</summary>
internal sealed class Hang : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly Process _keeper;

    private Hang(Process keeper) => _keeper = keeper;

    /// <summary>Its first process.</summary>
    public int Runner { get; private set; }

    public static async Task<Hang> StartAsync(CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Places.Specimen("zoo-keeper"), ["--limit", "600", "--", Places.Specimen("runner")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var hang = new Hang(Process.Start(start)!);
        while (await hang._keeper.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(Deadline, cancellation) is { } line)
        {
            if (line.StartsWith("started ", StringComparison.Ordinal))
                hang.Runner = int.Parse(line["started ".Length..]);
            if (line == "ready")
                return hang;
        }
        throw new InvalidOperationException("the founding hang did not get into its shape");
    }

    public async ValueTask DisposeAsync()
    {
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync().WaitAsync(Deadline);
        _keeper.Dispose();
    }
}
