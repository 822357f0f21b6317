using System.Collections.Immutable;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Redacted argument vectors. Reading cmdline takes the target's memory lock, so a target that is stuck under it would take the reader along: it is read
/// by <see cref="RiskyReads"/>.
/// </summary>
internal sealed class CommandLines(RiskyReads risky, CommandLineRedaction redaction)
{
    /// <param name="living">A living thread where the leader is dead, else null.</param>
    /// <param name="moved">Sum of the run counters of its threads.</param>
    /// <param name="asleep">No thread of it is in state D.</param>
    internal ReadTicket Want(ProcessKey key, int? living, ulong moved, bool asleep) =>
        risky.Queue(key, moved, new RiskyRead(RiskyReadKind.Cmdline, key.Pid, living ?? 0, CmdlineFile.Limit + 1, 0), asleep);

    /// <summary>Null: it could not be read, for the reason that <paramref name="sight"/> tells.</summary>
    internal ImmutableArray<string>? Take(ReadTicket wanted, out Sight sight)
    {
        sight = risky.Take(wanted, out ReadOnlySpan<byte> text);
        return sight == Sight.Seen ? redaction.Redact(CmdlineFile.Parse(text)) : null;
    }
}
