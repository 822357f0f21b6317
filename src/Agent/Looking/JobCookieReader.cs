using System.Collections.Immutable;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Marks of CI jobs, out of /proc/PID/environ: nothing else of it is kept, and what was read is overwritten. It is read by <see cref="RiskyReads"/>, for it
/// takes the target's memory lock.
/// </summary>
internal sealed class JobCookieReader(RiskyReads risky)
{
    /// <summary>Of a longer environment the rest is not looked at.</summary>
    private const int MostBytes = 256 * 1024;

    /// <param name="living">A living thread where the leader is dead, else null.</param>
    /// <param name="moved">Sum of the run counters of its threads.</param>
    /// <param name="asleep">No thread of it is in state D.</param>
    internal ReadTicket Want(ProcessKey key, int? living, ulong moved, bool asleep) =>
        risky.Queue(key, moved, new RiskyRead(RiskyReadKind.Environ, key.Pid, living ?? 0, MostBytes, 0), asleep);

    /// <summary>Null: it could not be read, for the reason that <paramref name="sight"/> tells.</summary>
    internal ImmutableArray<JobCookie>? Take(ReadTicket wanted, out Sight sight)
    {
        sight = risky.Take(wanted, out ReadOnlySpan<byte> text);
        ImmutableArray<JobCookie>? cookies = sight == Sight.Seen ? EnvironFile.Parse(text) : null;
        risky.Wipe(wanted);
        return cookies;
    }
}
