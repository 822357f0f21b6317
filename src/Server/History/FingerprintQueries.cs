using Microsoft.EntityFrameworkCore;

namespace OrphanBoard.Server.History;

/// <param name="Since">Those last seen at this instant or later.</param>
public sealed record FingerprintFilter(FingerprintState? State = null, DateTimeOffset? Since = null);

/// <summary>
/// Reads fingerprints; the one that an episode last began of comes first. What the states mean:
/// <c>resolved</c> nothing of it is open; <c>regressed</c> it came back in the last week after a quiet day or more; <c>new</c> first seen within a day;
/// <c>escalating</c> today more than three, and more than twice its daily mean of the week before; <c>ongoing</c> anything else.
/// <c>archived</c> is never computed.
/// </summary>
public sealed class FingerprintQueries(IDbContextFactory<HistoryDb> store, TimeProvider time)
{
    /// <summary>Days in <see cref="FingerprintSummary.Days"/>, at most; today is the last.</summary>
    public const int DaysShown = 30;

    private const int EscalatingAtLeast = 4;
    private const long RegressedForMs = 7 * Columns.MsPerDay;

    /// <exception cref="FormatException">The cursor is not one that this method gave.</exception>
    public async Task<Page<FingerprintSummary>> ListFingerprints(FingerprintFilter filter, int limit, string? cursor, CancellationToken ct = default)
    {
        await using HistoryDb db = await store.CreateDbContextAsync(ct);
        IQueryable<FingerprintRow> rows = db.Fingerprints.AsNoTracking();
        if (filter.Since?.ToMs() is { } since)
            rows = rows.Where(f => f.LastSeenMs >= since);
        if (Cursor.Parse(cursor) is (long ms, string shape))
            rows = rows.Where(f => f.LastOpenedMs < ms || (f.LastOpenedMs == ms && f.Shape.CompareTo(shape) < 0));
        IQueryable<FingerprintAndState> withState = WithState(db, rows);
        if (filter.State is { } state)
            withState = withState.Where(f => f.State == state);

        List<FingerprintAndState> found = await withState
            .OrderByDescending(f => f.Row.LastOpenedMs).ThenByDescending(f => f.Row.Shape).Take(limit + 1).ToListAsync(ct);
        ILookup<string, DayCount> days = await Days(db, [.. found.Take(limit).Select(f => f.Row.Shape)], ct);
        return Cursor.Page(found, limit, f => ToSummary(f, days), last => (last.Row.LastOpenedMs, last.Row.Shape));
    }

    public async Task<FingerprintDetail?> FindFingerprint(string shape, CancellationToken ct = default)
    {
        await using HistoryDb db = await store.CreateDbContextAsync(ct);
        if (await WithState(db, db.Fingerprints.AsNoTracking().Where(f => f.Shape == shape)).SingleOrDefaultAsync(ct) is not { } found)
            return null;
        FingerprintSummary s = ToSummary(found, await Days(db, [shape], ct));
        return new FingerprintDetail(
            s.Shape, s.Family, s.Title, s.State, s.FirstSeen, s.LastSeen, s.Episodes, s.OpenEpisodes, s.Hosts, s.Days, found.Row.Text,
            await SimilarFingerprints.Of(db, found.Row, ct));
    }

    /// <summary>The state is computed in one place, in SQL, so that what is filtered is what is shown.</summary>
    private IQueryable<FingerprintAndState> WithState(HistoryDb db, IQueryable<FingerprintRow> rows)
    {
        long now = time.GetUtcNow().ToMs();
        int today = Columns.DayOf(now);
        return from f in rows
               let ofToday = db.FingerprintDays.Where(d => d.Shape == f.Shape && d.Day == today).Sum(d => d.Count)
               let ofWeek = db.FingerprintDays.Where(d => d.Shape == f.Shape && d.Day < today && d.Day >= today - 7).Sum(d => d.Count)
               select new FingerprintAndState
               {
                   Row = f,
                   State = f.OpenEpisodes == 0 ? FingerprintState.Resolved
                       : f.ReturnedMs > now - RegressedForMs ? FingerprintState.Regressed
                       : f.FirstSeenMs > now - Columns.MsPerDay ? FingerprintState.New
                       : ofToday >= EscalatingAtLeast && ofToday * 7 > ofWeek * 2 ? FingerprintState.Escalating
                       : FingerprintState.Ongoing,
               };
    }

    private async Task<ILookup<string, DayCount>> Days(HistoryDb db, string[] shapes, CancellationToken ct)
    {
        int first = Columns.DayOf(time.GetUtcNow().ToMs()) - DaysShown + 1;
        List<FingerprintDayRow> rows = await db.FingerprintDays.AsNoTracking()
            .Where(d => shapes.Contains(d.Shape) && d.Day >= first).OrderBy(d => d.Day).ToListAsync(ct);
        return rows.ToLookup(d => d.Shape, d => new DayCount(Columns.FromDay(d.Day), d.Count));
    }

    private static FingerprintSummary ToSummary(FingerprintAndState found, ILookup<string, DayCount> days)
    {
        FingerprintRow f = found.Row;
        return new FingerprintSummary(
            f.Shape, f.Family, f.Title, found.State, Columns.FromMs(f.FirstSeenMs), Columns.FromMs(f.LastSeenMs),
            f.Episodes, f.OpenEpisodes, f.Hosts, [.. days[f.Shape]]);
    }

    private sealed class FingerprintAndState
    {
        public required FingerprintRow Row { get; init; }
        public FingerprintState State { get; init; }
    }
}
