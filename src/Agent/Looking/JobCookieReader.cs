using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Marks of CI jobs, out of /proc/PID/environ: at first sight and after an exec. Reading it takes the target's memory lock, so a target that is stuck under it
/// would take the reader along.
/// </summary>
internal sealed class JobCookieReader
{
    private readonly ExecCache<ImmutableArray<JobCookie>?> _known = new();

    // Its own, so that it can be wiped without a thought for what else was read.
    private readonly ReadBuffer _environment = new();

    internal void BeginLook() => _known.BeginLook();

    /// <summary>Null: it may not be read, or not now.</summary>
    /// <param name="mayRead">False while a thread of the process is in state D.</param>
    internal ImmutableArray<JobCookie>? Get(DirectoryHandle directory, int? living, StatFile stat, string? exe, bool mayRead)
    {
        if (_known.TryGet(stat, exe, out ImmutableArray<JobCookie>? known))
            return known;
        if (!mayRead)
            return null;
        Sight sight = directory.Read(RelativePath.OfProcess(living, "environ"u8), _environment, out ReadOnlySpan<byte> text);
        ImmutableArray<JobCookie>? cookies = sight == Sight.Seen ? EnvironFile.Parse(text) : null;
        _environment.Wipe();
        // What is denied stays denied until an exec.
        if (sight is Sight.Seen or Sight.Denied)
            _known.Set(stat, exe, cookies);
        return cookies;
    }
}
