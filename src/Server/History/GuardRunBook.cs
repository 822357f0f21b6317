using System.Text.Json;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.History;

/// <summary>Guarded runs and the episodes that they told of, within one transaction.</summary>
internal sealed class GuardRunBook(HistoryDb db)
{
    /// <summary>An agent's clock further off than this does not date anything.</summary>
    private const long ClockToleranceMs = 5 * 60 * 1000;

    /// <summary>Writes down a run that has just ended.</summary>
    /// <param name="offMs">How far its host's clock is off: 0 while it may be trusted.</param>
    public GuardRunRow Add(GuardRun run, long offMs)
    {
        GuardRunRow row = new()
        {
            Id = run.RunId.ToString(),
            HostId = run.Host.Id,
            Command = JsonSerializer.Serialize(run.Command, HistoryJson.Options),
            JobSystem = run.Job?.System,
            JobName = run.Job?.Name,
            JobUrl = run.Job?.Url,
            JobCookie = run.Job?.Cookie,
            Commit = run.Commit,
            Branch = run.Branch,
            ExitCode = run.ExitCode,
            EndedBy = run.EndedBy,
            StartedMs = run.StartedAt.ToMs() - offMs,
            EndedMs = run.EndedAt.ToMs() - offMs,
        };
        db.GuardRuns.Add(row);
        db.SaveChanges();
        return row;
    }

    /// <summary>It is told when it ends, so that its last instant is about now. Where it is not, the host's clock is off.</summary>
    public static long OffMs(GuardRun run, long nowMs) => run.EndedAt.ToMs() - nowMs is var off && Math.Abs(off) > ClockToleranceMs ? off : 0;

    /// <returns>Finding id -> episode id; null: the run is not known.</returns>
    public Dictionary<string, string>? Told(Guid runId)
    {
        string id = runId.ToString();
        return db.GuardRuns.Find(id) is null
            ? null
            : db.GuardFindings.Where(f => f.RunId == id).Join(db.Episodes, f => f.EpisodeId, e => e.Id, (_, e) => new { e.FindingId, e.Id }).ToDictionary(e => e.FindingId, e => e.Id);
    }

    /// <summary>A host that no agent streams for is as the newest run said; of any other the agent knows better.</summary>
    public void SaveHost(GuardRun run, long nowMs)
    {
        HostRow? row = db.Hosts.Find(run.Host.Id);
        if (row is { Watched: true })
            return;
        if (row is null)
        {
            row = HostRow.New(run.Host, nowMs);
            db.Hosts.Add(row);
        }
        row.Describe(run.Host, run.AgentVersion, "guard");
        row.LastSeenMs = nowMs;
    }
}
