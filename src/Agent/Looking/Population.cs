using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Whether anybody has come or gone, by two counts of the kernel's: each fork moves the last pid on, and whoever is waited for is one task less. To list /proc costs the
/// kernel an entry of its cache for each process.
/// </summary>
internal sealed class Population : IDisposable
{
    private readonly KeptFile _loadavg;
    private readonly byte[] _text = new byte[128];
    private LoadavgFile? _before;

    /// <param name="own">Whether this /proc shows all of the pid namespace that we are in: of another one, or of processes that are hidden, the counts say nothing.</param>
    internal Population(DirectoryHandle proc, bool own)
    {
        if (own && proc.OpenUncovered("loadavg"u8, out KeptFile loadavg) == Sight.Seen)
            _loadavg = loadavg;
    }

    /// <summary>Whether all are there who were at the call before, and nobody else. False where that is not known.</summary>
    internal bool IsAsBefore()
    {
        LoadavgFile? now = _loadavg.IsOpen && _loadavg.Read(_text, out int length) == Sight.Seen ? LoadavgFile.Parse(_text.AsSpan(0, length)) : null;
        bool same = now is not null && now == _before;
        _before = now;
        return same;
    }

    public void Dispose() => _loadavg.Close();
}
