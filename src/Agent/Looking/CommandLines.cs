using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>A redacted argument vector, and what it belongs to: after an exec comm or exe is another one.</summary>
internal sealed record CommandLine(string Comm, string? Exe, ImmutableArray<string> Arguments);

/// <summary>
/// Redacted argument vectors, each read once: again only after an exec, which changes comm or exe. Reading cmdline takes the
/// target's memory lock, so a target that is stuck under it would take the reader along.
/// </summary>
internal sealed class CommandLines(ReadBuffer buffer, CommandLineRedaction redaction)
{
    /// <summary>Null: it may not be read, or not now.</summary>
    /// <param name="mayRead">False while a thread of the process is in state D.</param>
    internal ImmutableArray<string>? Get(TrackedProcess process, DirectoryHandle directory, int? living, string comm, string? exe, bool mayRead)
    {
        if (process.CommandLine is not { } line || line.Comm != comm || line.Exe != exe)
        {
            if (!mayRead || directory.Read(RelativePath.OfProcess(living, "cmdline"u8), buffer, out ReadOnlySpan<byte> text) != Sight.Seen)
                return null;
            process.CommandLine = line = new CommandLine(comm, exe, redaction.Redact(CmdlineFile.Parse(text)));
        }
        return line.Arguments;
    }
}
