using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using OrphanBoard.Server.Settings;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.History;

/// <summary>
/// What agents say, on its way into the store. Each method returns after the commit, with the open episodes that it touched: finding id -> episode id.
/// </summary>
/// <remarks>All throw <see cref="StoreUnavailableException"/>: nothing was written.</remarks>
public sealed class HistoryFeed(HistoryWriter writer, ServerSettings settings, TimeProvider time)
{
    /// <summary>How long an episode that nobody watches counts as open.</summary>
    private const long UnwatchedMs = Columns.MsPerDay;

    private readonly ImmutableArray<string> _channels = [.. settings.Webhooks.Select(w => w.Name)];

    /// <summary>A host is there; what was open on its earlier boots ended with them.</summary>
    public Task HostSaidHello(Hello hello, CancellationToken ct) => writer.Write(
        db =>
        {
            long now = time.GetUtcNow().ToMs();
            SaveHost(db, hello, now);
            SaveBoot(db, hello.Host, now);
            db.SaveChanges();
            NewLedger(db, new HostAndBoot(hello.Host.Id, hello.Host.BootId), now).EndEarlierBoots(Math.Min(hello.Host.BootTime.ToMs(), now));
            return true;
        },
        announce: true, ct);

    /// <summary>All findings that are open on a host.</summary>
    public Task<Dictionary<string, string>> AllFindings(HostAndBoot where, DateTimeOffset at, ImmutableArray<Finding> findings, CancellationToken ct) => writer.Write(
        db =>
        {
            EpisodeLedger ledger = NewLedger(db, where, time.GetUtcNow().ToMs());
            ledger.Replace(findings, at.ToMs());
            return ledger.Touched;
        },
        announce: true, ct);

    /// <summary>Findings that are new, changed or over.</summary>
    public Task<Dictionary<string, string>> Changes(HostAndBoot where, FindingChanges changes, DateTimeOffset at, CancellationToken ct) => writer.Write(
        db =>
        {
            EpisodeLedger ledger = NewLedger(db, where, time.GetUtcNow().ToMs());
            foreach (EndedFinding ended in changes.Ended)
                ledger.End(ended.Id, at.ToMs(), ended.Reason);
            foreach (Finding opened in changes.Opened)
                ledger.Hold(opened, at.ToMs());
            return ledger.Touched;
        },
        announce: true, ct);

    /// <summary>All open findings of a host were still there at <paramref name="at"/>.</summary>
    /// <param name="heard">The server's clock when it last heard of the agent.</param>
    public Task StillThere(HostAndBoot where, DateTimeOffset at, DateTimeOffset heard, Visibility visibility, CancellationToken ct)
    {
        long atMs = at.ToMs();
        long heardMs = heard.ToMs();
        return writer.Write(
            db =>
            {
                IQueryable<EpisodeRow> open = db.Episodes.Where(e => e.HostId == where.HostId && e.BootId == where.BootId && e.EndedMs == null);
                open.Where(e => e.LastSeenMs < atMs).ExecuteUpdate(e => e.SetProperty(x => x.LastSeenMs, atMs));
                db.Fingerprints.Where(f => f.LastSeenMs < atMs && open.Any(e => e.Shape == f.Shape)).ExecuteUpdate(f => f.SetProperty(x => x.LastSeenMs, atMs));
                return db.Hosts.Where(h => h.Id == where.HostId).ExecuteUpdate(h => h
                    .SetProperty(x => x.LastSeenMs, heardMs)
                    .SetProperty(x => x.Processes, visibility.Processes)
                    .SetProperty(x => x.Threads, visibility.Threads)
                    .SetProperty(x => x.Fds, visibility.Fds));
            },
            announce: false, ct);
    }

    /// <summary>What a guarded run found. A run that is known already changes nothing.</summary>
    public Task<Dictionary<string, string>> GuardRan(GuardRun run, CancellationToken ct) => writer.Write(
        db =>
        {
            var book = new GuardRunBook(db);
            if (book.Told(run.RunId) is { } told)
                return told;
            long now = time.GetUtcNow().ToMs(), off = GuardRunBook.OffMs(run, now);
            book.SaveHost(run, now);
            SaveBoot(db, run.Host, now);
            EpisodeLedger ledger = NewLedger(db, new HostAndBoot(run.Host.Id, run.Host.BootId), now, book.Add(run, off));
            foreach (Finding finding in run.Findings)
                ledger.Hold(finding, run.TakenAt.ToMs() - off);
            foreach (EndedFinding ended in run.Ended)
                ledger.End(ended.Id, run.EndedAt.ToMs() - off, ended.Reason);
            return ledger.Touched;
        },
        announce: true, ct);

    /// <summary>What guarded runs have left open on hosts that no agent watches is over some time: nobody will ever say so.</summary>
    public Task EndUnwatched(CancellationToken ct) => writer.Write(
        db =>
        {
            long now = time.GetUtcNow().ToMs(), before = now - UnwatchedMs;
            var stale = db.Episodes.Where(e => e.EndedMs == null && e.LastSeenMs < before && db.Hosts.Any(h => h.Id == e.HostId && !h.Watched)).ToList();
            foreach (EpisodeRow episode in stale)
                NewLedger(db, new HostAndBoot(episode.HostId, episode.BootId), now).End(episode.FindingId, episode.LastSeenMs, EndReasons.Unseen);
            return stale.Count;
        },
        announce: true, ct);

    private EpisodeLedger NewLedger(HistoryDb db, HostAndBoot where, long now, GuardRunRow? run = null) => new(db, where, _channels, now, run);

    private static void SaveHost(HistoryDb db, Hello hello, long now)
    {
        HostRow? row = db.Hosts.Find(hello.Host.Id);
        if (row is null)
        {
            row = HostRow.New(hello.Host, now);
            db.Hosts.Add(row);
        }
        row.Describe(hello.Host, hello.AgentVersion, hello.Backend);
        row.LastSeenMs = now;
        row.Watched = true;
    }

    private static void SaveBoot(HistoryDb db, HostIdentity host, long now)
    {
        if (db.Boots.Find(host.Id, host.BootId) is null)
            db.Boots.Add(new BootRow { HostId = host.Id, BootId = host.BootId, BootTimeMs = host.BootTime.ToMs(), FirstSeenMs = now });
    }
}
