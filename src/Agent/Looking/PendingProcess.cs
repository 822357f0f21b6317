using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>A process whose risky reads are queued. Its directory stays open: what is read through it afterwards tells whether it is still the same.</summary>
internal sealed class PendingProcess
{
    internal required DirectoryHandle Directory { get; init; }

    /// <summary>Whole already: a zombie, or one of which nothing more can be read.</summary>
    internal ProcessRecord? Known { get; init; }

    internal StatFile? Stat { get; init; }
    internal ThreadList? Threads { get; init; }
    internal FdTable? Fds { get; init; }
    internal string? Exe { get; init; }
    internal bool Suspect { get; init; }
    internal List<(int Thread, WantedCallMemory Memory)>? Memory { get; init; }
    internal WantedCommandLine CommandLine { get; init; }
}
