using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Server.History;

/// <summary>Where a finding is.</summary>
public sealed record HostAndBoot(string HostId, string BootId);

/// <summary>
/// Turns findings into episodes of one host and boot. The same finding id goes on with its open episode, whoever was restarted in between. If that has ended,
/// it goes on where it ended unseen or less than a minute ago (a look that missed it), and otherwise a new episode begins.
/// </summary>
/// <param name="run">The guarded run that tells; null: an agent does.</param>
internal sealed class EpisodeLedger(HistoryDb db, HostAndBoot where, ImmutableArray<string> channels, long nowMs, GuardRunRow? run = null)
{
    private const long ReopenWithinMs = 60_000;

    private readonly FingerprintBook _book = new(db, new Announcements(db, channels, nowMs, run));

    /// <summary>Finding id -> id of its open episode, for those that were touched.</summary>
    public Dictionary<string, string> Touched { get; } = new(StringComparer.Ordinal);

    /// <summary>All findings that are open now: what else was open is over.</summary>
    public void Replace(IReadOnlyCollection<Finding> findings, long atMs)
    {
        HashSet<string> open = [.. findings.Select(f => f.Id)];
        foreach (EpisodeRow gone in Open().Where(e => !open.Contains(e.FindingId)))
            End(gone, atMs, EndReasons.Unseen);
        foreach (Finding finding in findings)
            Hold(finding, atMs);
    }

    /// <summary>A finding is open: new, changed or as before.</summary>
    public void Hold(Finding finding, long atMs)
    {
        EpisodeRow? last = db.Episodes
            .Where(e => e.HostId == where.HostId && e.BootId == where.BootId && e.FindingId == finding.Id)
            .OrderByDescending(e => e.EndedMs == null).ThenByDescending(e => e.EndedMs).FirstOrDefault();
        EpisodeRow episode = last switch
        {
            { EndedMs: null } => Continue(last, finding, atMs),

            // An agent's look from before guard ended it all, told later.
            { EndReason: EndReasons.ByGuard, EndedMs: { } ended } when atMs <= ended => last,
            { EndedMs: { } ended } when last.EndReason == EndReasons.Unseen || atMs - ended < ReopenWithinMs => Reopen(last, finding, atMs),
            _ => Begin(finding, atMs),
        };
        Touched[finding.Id] = episode.Id;
        db.SaveChanges();
        Tag(episode);
    }

    /// <summary>A finding is over. One that is not open changes nothing.</summary>
    public void End(string findingId, long atMs, string reason)
    {
        if (Open().SingleOrDefault(e => e.FindingId == findingId) is { } episode)
            End(episode, atMs, reason);
    }

    /// <summary>What was open on earlier boots of the host ended with them, at the latest when the new one began.</summary>
    public void EndEarlierBoots(long bootTimeMs)
    {
        foreach (EpisodeRow episode in db.Episodes.Where(e => e.HostId == where.HostId && e.BootId != where.BootId && e.EndedMs == null).ToList())
            End(episode, bootTimeMs, EndReasons.Reboot);
    }

    private List<EpisodeRow> Open() => [.. db.Episodes.Where(e => e.HostId == where.HostId && e.BootId == where.BootId && e.EndedMs == null)];

    private void End(EpisodeRow episode, long atMs, string reason)
    {
        episode.EndedMs = Math.Max(atMs, episode.LastSeenMs);
        episode.EndReason = reason;
        _book.Ends(episode);
        db.SaveChanges();
    }

    private EpisodeRow Begin(Finding finding, long atMs)
    {
        var episode = new EpisodeRow
        {
            Id = NewId(finding.Id, atMs),
            HostId = where.HostId,
            BootId = where.BootId,
            FindingId = finding.Id,
            Class = "",
            Confidence = "",
            Rule = "",
            Family = "",
            Shape = "",
            Exact = "",
            Summary = "",
            FirstSeenMs = atMs,
            LastSeenMs = atMs,
        };
        Describe(episode, finding);
        _book.Begins(episode, finding);
        db.Episodes.Add(episode);
        Keep(episode, EvidenceRow.First, finding, atMs);
        Keep(episode, EvidenceRow.Strongest, finding, atMs);
        return episode;
    }

    private EpisodeRow Reopen(EpisodeRow episode, Finding finding, long atMs)
    {
        episode.EndedMs = null;
        episode.EndReason = null;
        episode.LastSeenMs = Math.Max(episode.LastSeenMs, atMs);
        _book.Reopens(episode);
        return Continue(episode, finding, atMs);
    }

    private EpisodeRow Continue(EpisodeRow episode, Finding finding, long atMs)
    {
        episode.LastSeenMs = Math.Max(episode.LastSeenMs, atMs);
        if (finding.Confidence < Columns.FromWord<Confidence>(episode.Confidence))
        {
            _book.Holds(episode);
            return episode;
        }
        if (finding.Fingerprint.Shape == episode.Shape)
        {
            Describe(episode, finding);
            _book.Holds(episode);
        }
        else
        {
            _book.Leaves(episode);
            Describe(episode, finding);
            _book.Begins(episode, finding);
        }
        Keep(episode, EvidenceRow.Strongest, finding, atMs);
        return episode;
    }

    /// <summary>The episode is of this run too.</summary>
    private void Tag(EpisodeRow episode)
    {
        if (run is null)
            return;
        db.GuardFindings.Add(new GuardFindingRow { RunId = run.Id, EpisodeId = episode.Id });
        _book.Tags(episode);
        db.SaveChanges();
    }

    private static void Describe(EpisodeRow episode, Finding finding)
    {
        episode.Class = finding.Class.ToWord();
        episode.Confidence = finding.Confidence.ToWord();
        episode.Rule = finding.Rule;
        episode.Family = finding.Fingerprint.Family;
        episode.Shape = finding.Fingerprint.Shape;
        episode.Exact = finding.Fingerprint.Exact;
        episode.Culprit = finding.Fingerprint.Culprit;
        episode.Summary = finding.Summary;
    }

    private void Keep(EpisodeRow episode, string kind, Finding finding, long atMs)
    {
        EvidenceRow? row = db.Evidence.Find(episode.Id, kind);
        if (row is null)
            db.Evidence.Add(row = new EvidenceRow { EpisodeId = episode.Id, Kind = kind, Finding = "" });
        row.TakenMs = atMs;
        row.Finding = JsonSerializer.Serialize(finding, FindingJson.Default.Finding);
    }

    /// <summary>Short, opaque and free of chance: what begins when is what it is the hash of.</summary>
    private string NewId(string findingId, long atMs) =>
        "e" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{where.HostId}\n{where.BootId}\n{findingId}\n{atMs}")).AsSpan(0, 8));
}
