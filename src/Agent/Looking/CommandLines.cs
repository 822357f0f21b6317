using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Redacted argument vectors. Reading cmdline takes the target's memory lock, so a target that is stuck under it would take the reader along.
/// </summary>
internal sealed class CommandLines(ReadBuffer buffer, CommandLineRedaction redaction)
{
    /// <summary>Null: it may not be read.</summary>
    internal ImmutableArray<string>? Read(DirectoryHandle directory, int? living) =>
        directory.Read(RelativePath.OfProcess(living, "cmdline"u8), buffer, out ReadOnlySpan<byte> text) == Sight.Seen
            ? redaction.Redact(CmdlineFile.Parse(text))
            : null;
}
