using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Marks of CI jobs, out of /proc/PID/environ. Reading it takes the target's memory lock, so a target that is stuck under it would take the reader along.
/// </summary>
internal sealed class JobCookieReader
{
    // Its own, so that it can be wiped without a thought for what else was read.
    private readonly ReadBuffer _environment = new();

    /// <summary>Null: it may not be read.</summary>
    internal ImmutableArray<JobCookie>? Read(DirectoryHandle directory, int? living)
    {
        if (directory.Read(RelativePath.OfProcess(living, "environ"u8), _environment, out ReadOnlySpan<byte> text) != Sight.Seen)
            return null;
        ImmutableArray<JobCookie> cookies = EnvironFile.Parse(text);
        _environment.Wipe(text.Length);
        return cookies;
    }
}
