using Microsoft.EntityFrameworkCore;
using OrphanBoard.Server.Live;

namespace OrphanBoard.Server.History;

/// <summary>Reads hosts: those known from before, with what is known of them now.</summary>
public sealed class HostQueries(IDbContextFactory<HistoryDb> store, LiveHosts live)
{
    /// <summary>By name, those that an agent watches first.</summary>
    public async Task<IReadOnlyList<HostSummary>> ListHosts(CancellationToken ct = default)
    {
        await using HistoryDb db = await store.CreateDbContextAsync(ct);
        return await Summaries(db, db.Hosts.AsNoTracking(), ct);
    }

    /// <exception cref="FormatException">The cursor is not one that this method gave.</exception>
    public async Task<Page<HostSummary>> ListHosts(int limit, string? cursor, CancellationToken ct = default)
    {
        await using HistoryDb db = await store.CreateDbContextAsync(ct);
        IQueryable<HostRow> rows = db.Hosts.AsNoTracking();
        if (Cursor.Parse(cursor) is (_, string after))
            rows = rows.Where(h => h.Id.CompareTo(after) > 0);
        List<HostSummary> found = await Summaries(db, rows.OrderBy(h => h.Id).Take(limit + 1), ct);
        return Cursor.Page([.. found.OrderBy(h => h.Id, StringComparer.Ordinal)], limit, h => h, last => (0, last.Id));
    }

    public async Task<HostSummary?> FindHost(string id, CancellationToken ct = default)
    {
        await using HistoryDb db = await store.CreateDbContextAsync(ct);
        return (await Summaries(db, db.Hosts.AsNoTracking().Where(h => h.Id == id), ct)).SingleOrDefault();
    }

    private async Task<List<HostSummary>> Summaries(HistoryDb db, IQueryable<HostRow> hosts, CancellationToken ct)
    {
        var found = await hosts.Select(h => new { Host = h, Open = db.Episodes.Count(e => e.HostId == h.Id && e.EndedMs == null) }).ToListAsync(ct);
        return [.. found.Select(f => ToSummary(f.Host, f.Open)).OrderByDescending(h => h.Watched).ThenBy(h => h.Name, StringComparer.Ordinal).ThenBy(h => h.Id, StringComparer.Ordinal)];
    }

    private HostSummary ToSummary(HostRow row, int open) => live.Find(row.Id) is { } view
        ? new HostSummary(
            row.Id, view.Host.Name, view.Host.BootId, view.Host.Kernel, view.AgentVersion, view.State, view.LastSeen,
            view.Visibility.Processes, view.Visibility.Threads, view.Visibility.Fds, open, view.Backend, view.Agent)
        : new HostSummary(
            row.Id, row.Name, row.BootId, row.Kernel, row.AgentVersion, row.Watched ? HostState.Silent : HostState.Forgotten, Columns.FromMs(row.LastSeenMs),
            row.Processes, row.Threads, row.Fds, open, row.Backend, Agent: null, row.Watched);
}
