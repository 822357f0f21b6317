using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.History;

/// <param name="Open">True: open ones only, false: ended ones only, null: both.</param>
/// <param name="Host">Host id.</param>
/// <param name="Since">Those that were still there at this instant or later.</param>
/// <param name="Until">Those that had begun before this instant.</param>
public sealed record EpisodeFilter(
    bool? Open = null, FindingClass? Class = null, string? Rule = null, string? Shape = null, string? Host = null,
    DateTimeOffset? Since = null, DateTimeOffset? Until = null);

/// <summary>Reads episodes; newest first.</summary>
public sealed class EpisodeQueries(IDbContextFactory<HistoryDb> store, LiveHosts live)
{
    /// <exception cref="FormatException">The cursor is not one that this method gave.</exception>
    public async Task<Page<EpisodeSummary>> ListEpisodes(EpisodeFilter filter, int limit, string? cursor, CancellationToken ct = default)
    {
        await using HistoryDb db = await store.CreateDbContextAsync(ct);
        IQueryable<EpisodeRow> rows = Filtered(db.Episodes.AsNoTracking(), filter);
        if (Cursor.Parse(cursor) is (long ms, string id))
            rows = rows.Where(e => e.FirstSeenMs < ms || (e.FirstSeenMs == ms && e.Id.CompareTo(id) < 0));

        List<EpisodeAndHost> found = await WithHost(db, rows.OrderByDescending(e => e.FirstSeenMs).ThenByDescending(e => e.Id).Take(limit + 1)).ToListAsync(ct);
        Dictionary<string, GuardedRun> runs = await GuardedRuns.Of(db, [.. found.Select(f => f.Episode.Id)], ct);
        return Cursor.Page(found, limit, f => ToSummary(f, runs), last => (last.Episode.FirstSeenMs, last.Episode.Id));
    }

    public async Task<EpisodeDetail?> FindEpisode(string id, CancellationToken ct = default)
    {
        await using HistoryDb db = await store.CreateDbContextAsync(ct);
        if (await WithHost(db, db.Episodes.AsNoTracking().Where(e => e.Id == id)).SingleOrDefaultAsync(ct) is not { } found)
            return null;
        string json = await db.Evidence.Where(e => e.EpisodeId == id && e.Kind == EvidenceRow.Strongest).Select(e => e.Finding).SingleAsync(ct);
        EpisodeSummary s = ToSummary(found, await GuardedRuns.Of(db, [id], ct));
        return new EpisodeDetail(
            s.Id, s.HostId, s.HostName, s.Class, s.Confidence, s.Rule, s.Fingerprint, s.Summary, s.FirstSeen, s.LastSeen, s.EndedAt, s.EndReason,
            ReadEvidence(json), s.Guard);
    }

    /// <summary>Earlier episodes of an episode's shape; null: none.</summary>
    public async Task<SeenBefore?> SeenBefore(string id, CancellationToken ct)
    {
        await using HistoryDb db = await store.CreateDbContextAsync(ct);
        var all =
            from e in db.Episodes
            where e.Id == id
            join o in db.Episodes on e.Shape equals o.Shape
            where o.Id != id && o.FirstSeenMs <= e.FirstSeenMs
            select o.FirstSeenMs;
        return await all.GroupBy(_ => 1).Select(g => new { Times = g.Count(), First = g.Min(), Last = g.Max() }).SingleOrDefaultAsync(ct) is { } before
            ? new SeenBefore(before.Times, Columns.FromMs(before.First), Columns.FromMs(before.Last))
            : null;
    }

    /// <returns>Null: one of the two does not exist.</returns>
    public async Task<Comparison?> Compare(string a, string b, CancellationToken ct = default) =>
        await FindEpisode(a, ct) is { } left && await FindEpisode(b, ct) is { } right ? FingerprintComparison.Compare(left.Finding, right.Finding) : null;

    internal static Finding ReadEvidence(string json) =>
        JsonSerializer.Deserialize(json, FindingJson.Default.Finding) ?? throw new InvalidDataException("stored evidence is null");

    private static IQueryable<EpisodeRow> Filtered(IQueryable<EpisodeRow> rows, EpisodeFilter filter)
    {
        if (filter.Open is { } open)
            rows = rows.Where(e => (e.EndedMs == null) == open);
        if (filter.Class?.ToWord() is { } word)
            rows = rows.Where(e => e.Class == word);
        if (filter.Rule is { } rule)
            rows = rows.Where(e => e.Rule == rule);
        if (filter.Shape is { } shape)
            rows = rows.Where(e => e.Shape == shape);
        if (filter.Host is { } host)
            rows = rows.Where(e => e.HostId == host);
        if (filter.Since?.ToMs() is { } since)
            rows = rows.Where(e => e.EndedMs == null || e.EndedMs >= since);
        if (filter.Until?.ToMs() is { } until)
            rows = rows.Where(e => e.FirstSeenMs < until);
        return rows;
    }

    private static IQueryable<EpisodeAndHost> WithHost(HistoryDb db, IQueryable<EpisodeRow> rows) =>
        from e in rows
        join h in db.Hosts on e.HostId equals h.Id
        orderby e.FirstSeenMs descending, e.Id descending
        select new EpisodeAndHost(e, h.Name);

    private EpisodeSummary ToSummary(EpisodeAndHost found, Dictionary<string, GuardedRun> runs)
    {
        EpisodeRow e = found.Episode;
        return new EpisodeSummary(
            e.Id, e.HostId, found.HostName, Columns.FromWord<FindingClass>(e.Class), Columns.FromWord<Confidence>(e.Confidence), e.Rule,
            new FingerprintKeys(e.Family, e.Shape, e.Exact, e.Culprit), e.Summary,
            Columns.FromMs(e.FirstSeenMs), LastSeen(e), e.EndedMs is { } ended ? Columns.FromMs(ended) : null, e.EndReason,
            runs.GetValueOrDefault(e.Id));
    }

    /// <summary>Heartbeats prove that open findings still hold; they reach the store with a delay.</summary>
    private DateTimeOffset LastSeen(EpisodeRow e)
    {
        DateTimeOffset stored = Columns.FromMs(e.LastSeenMs);
        return e.EndedMs is null && live.Find(e.HostId) is { } view && view.Host.BootId == e.BootId && view.Findings.ContainsKey(e.FindingId) && view.TakenAt > stored
            ? view.TakenAt
            : stored;
    }

    private sealed record EpisodeAndHost(EpisodeRow Episode, string HostName);
}
