using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.History;

/// <summary>Reads guarded runs, by the episodes that they told of.</summary>
internal static class GuardedRuns
{
    /// <returns>Of each episode that guarded runs told of: the run that ended last.</returns>
    public static async Task<Dictionary<string, GuardedRun>> Of(HistoryDb db, string[] episodes, CancellationToken ct)
    {
        var found = await db.GuardFindings.AsNoTracking().Where(f => episodes.Contains(f.EpisodeId))
            .Join(db.GuardRuns.AsNoTracking(), f => f.RunId, r => r.Id, (f, r) => new { f.EpisodeId, Run = r }).ToListAsync(ct);
        return found.GroupBy(f => f.EpisodeId).ToDictionary(g => g.Key, g => ToModel(g.MaxBy(f => (f.Run.EndedMs, f.Run.Id))!.Run), StringComparer.Ordinal);
    }

    public static GuardedRun ToModel(GuardRunRow row) => new(
        row.Id, JsonSerializer.Deserialize<ImmutableArray<string>>(row.Command, HistoryJson.Options),
        row.JobSystem is { } system ? new GuardedJob(system, row.JobName ?? "", row.JobUrl, row.JobCookie) : null,
        row.Commit, row.Branch, row.ExitCode, row.EndedBy, Columns.FromMs(row.StartedMs), Columns.FromMs(row.EndedMs));
}
