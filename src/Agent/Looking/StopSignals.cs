using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Which signal stopped a process. It ran to take the signal: one that has not run since is stopped by the same. The kernel says so until the parent has
/// been told, so what was read once is kept.
/// </summary>
internal static class StopSignals
{
    /// <summary>Null where it is not stopped, or the kernel does not say by what.</summary>
    internal static int? Of(in StatFile stat, ReadPlan plan) =>
        stat.State != 'T' ? null
        : plan is { Stood: true, Before: { State: 'T', StopSignal: { } known } } ? known
        : stat.ExitCode is > 0 and <= 64 ? stat.ExitCode : null;

    /// <summary>The same for a back end that has not read the process's stat.</summary>
    internal static int? Of(char state, ProcessDirectory directory, ReadBuffer buffer, ReadPlan plan) =>
        state != 'T' ? null
        : plan is { Stood: true, Before: { State: 'T', StopSignal: { } known } } ? known
        : directory.Handle.Read("stat"u8, buffer, out ReadOnlySpan<byte> text) == Sight.Seen && StatFile.TryParse(text, out StatFile stat) ? Of(stat, plan) : null;
}
