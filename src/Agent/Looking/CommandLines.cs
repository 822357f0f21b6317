using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Redacted argument vectors, each read once: again only after an exec, which changes comm or exe. Reading cmdline takes the
/// target's memory lock, so a target that is stuck under it would take the reader along.
/// </summary>
internal sealed class CommandLines(ReadBuffer buffer, CommandLineRedaction redaction)
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

    /// <summary>Null: it may not be read, or not now.</summary>
    /// <param name="mayRead">False while a thread of the process is in state D.</param>
    internal ImmutableArray<string>? Get(DirectoryHandle directory, int? living, StatFile stat, string? exe, bool mayRead)
    {
        var key = new ProcessKey(stat.Pid, stat.StartTimeTicks);
        if (!_before.TryGetValue(key, out Entry? entry) || entry.Comm != stat.Comm || entry.Exe != exe)
        {
            if (!mayRead || directory.Read(RelativePath.OfProcess(living, "cmdline"u8), buffer, out ReadOnlySpan<byte> text) != Sight.Seen)
                return null;
            entry = new Entry(stat.Comm, exe, redaction.Redact(CmdlineFile.Parse(text)));
        }
        _now[key] = entry;
        return entry.Arguments;
    }
}
