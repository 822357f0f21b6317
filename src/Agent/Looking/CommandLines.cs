using System.Collections.Immutable;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Where the argument vector of one process comes from: known already, or a read that is queued.</summary>
internal readonly record struct WantedCommandLine(ProcessKey Key, string Comm, string? Exe, ImmutableArray<string>? Known, ReadTicket Read);

/// <summary>
/// Redacted argument vectors, each read once: again only after an exec, which changes comm or exe. Reading cmdline takes the
/// target's memory lock, so a target that is stuck under it would take the reader along: it is read by <see cref="RiskyReads"/>.
/// </summary>
internal sealed class CommandLines(RiskyReads risky, CommandLineRedaction redaction)
{
    // Bounded by the number of processes: what the look before did not meet any more is dropped.
    private Dictionary<ProcessKey, Entry> _before = [];
    private Dictionary<ProcessKey, Entry> _now = [];

    private sealed record Entry(string Comm, string? Exe, ImmutableArray<string> Arguments);

    internal void BeginLook()
    {
        (_before, _now) = (_now, _before);
        _now.Clear();
    }

    /// <summary>Queues the read where it is needed. To be taken after the next <see cref="RiskyReads.Run"/>.</summary>
    /// <param name="living">A living thread where the leader is dead, else null.</param>
    /// <param name="moved">Sum of the run counters of its threads.</param>
    /// <param name="asleep">No thread of it is in state D.</param>
    internal WantedCommandLine Want(int? living, StatFile stat, string? exe, ulong moved, bool asleep)
    {
        var key = new ProcessKey(stat.Pid, stat.StartTimeTicks);
        if (_before.TryGetValue(key, out Entry? entry) && entry.Comm == stat.Comm && entry.Exe == exe)
        {
            _now[key] = entry;
            return new WantedCommandLine(key, stat.Comm, exe, entry.Arguments, default);
        }
        var read = new RiskyRead(RiskyReadKind.Cmdline, stat.Pid, living ?? 0, CmdlineFile.Limit + 1, 0);
        return new WantedCommandLine(key, stat.Comm, exe, null, risky.Queue(key, moved, read, asleep));
    }

    /// <summary>Null: it could not be read, for the reason that <paramref name="sight"/> tells.</summary>
    internal ImmutableArray<string>? Take(in WantedCommandLine wanted, out Sight sight)
    {
        sight = Sight.Seen;
        if (wanted.Known is { } known)
            return known;
        sight = risky.Take(wanted.Read, out ReadOnlySpan<byte> text);
        if (sight != Sight.Seen)
            return null;
        var entry = new Entry(wanted.Comm, wanted.Exe, redaction.Redact(CmdlineFile.Parse(text)));
        _now[wanted.Key] = entry;
        return entry.Arguments;
    }
}
