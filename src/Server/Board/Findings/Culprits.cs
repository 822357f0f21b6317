using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Server.Board.Findings;

internal static class Culprits
{
    /// <summary><see cref="Finding.Culprits"/>, and <see cref="Finding.Culprit"/> first where it is not among them.</summary>
    public static ImmutableArray<Culprit> AllCulprits(this Finding finding) =>
        finding.Culprit is { } first && !finding.Culprits.Contains(first) ? [first, .. finding.Culprits] : finding.Culprits;

    /// <summary>The fds of one process that must be let go of.</summary>
    public static ImmutableArray<int> CulpritFds(this Finding finding, int pid) =>
        [.. finding.AllCulprits().Where(c => c.Pid == pid && c.Fd is not null).Select(c => c.Fd!.Value)];
}
