using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Server.History;

/// <summary>
/// Keeps fingerprints' counts with each change of an episode, in the same transaction: with one writer they are exact without counting anew.
/// </summary>
internal sealed class FingerprintBook(HistoryDb db, Announcements announcements)
{
    /// <summary>Nothing of a shape open for so long, and it counts as gone: what comes then has come back.</summary>
    private const long QuietMs = Columns.MsPerDay;

    /// <summary>An episode of the finding's shape begins.</summary>
    public void Begins(EpisodeRow episode, Finding finding)
    {
        FingerprintRow row = Find(finding, episode.FirstSeenMs);
        if (!OtherEpisodes(episode).Any(e => e.HostId == episode.HostId))
            row.Hosts++;
        row.Episodes++;
        row.LastOpenedMs = Math.Max(row.LastOpenedMs, episode.FirstSeenMs);
        row.FirstSeenMs = Math.Min(row.FirstSeenMs, episode.FirstSeenMs);
        Count(row.Shape, episode.FirstSeenMs, +1);
        Opens(row, episode, finding);
    }

    /// <summary>An episode that had ended goes on.</summary>
    public void Reopens(EpisodeRow episode)
    {
        FingerprintRow row = Existing(episode.Shape);
        row.OpenEpisodes++;
        row.LastSeenMs = Math.Max(row.LastSeenMs, episode.LastSeenMs);
    }

    public void Holds(EpisodeRow episode)
    {
        FingerprintRow row = Existing(episode.Shape);
        row.LastSeenMs = Math.Max(row.LastSeenMs, episode.LastSeenMs);
    }

    public void Ends(EpisodeRow episode)
    {
        FingerprintRow row = Existing(episode.Shape);
        row.OpenEpisodes--;
        row.LastSeenMs = Math.Max(row.LastSeenMs, episode.LastSeenMs);
        if (episode.EndReason == EndReasons.Changed && row.Episodes == 1)
            announcements.Withdraw(row);
    }

    /// <summary>It is known now what the episode's processes ran for.</summary>
    public void Tags(EpisodeRow episode) => announcements.Retell(episode);

    /// <summary>An open episode leaves its shape: it is now seen as another one. A shape that keeps no episode was none.</summary>
    public void Leaves(EpisodeRow episode)
    {
        FingerprintRow row = Existing(episode.Shape);
        if (--row.Episodes == 0)
        {
            announcements.Withdraw(row);
            db.Fingerprints.Remove(row);
            return;
        }
        row.OpenEpisodes--;
        if (!OtherEpisodes(episode).Any(e => e.HostId == episode.HostId))
            row.Hosts--;
        Count(row.Shape, episode.FirstSeenMs, -1);
        row.FirstSeenMs = OtherEpisodes(episode).Min(e => e.FirstSeenMs);
        row.LastOpenedMs = OtherEpisodes(episode).Max(e => e.FirstSeenMs);
    }

    private void Opens(FingerprintRow row, EpisodeRow episode, Finding finding)
    {
        if (row is { OpenEpisodes: 0, Episodes: > 1 } && episode.LastSeenMs - row.LastSeenMs >= QuietMs)
            row.ReturnedMs = episode.LastSeenMs;
        row.OpenEpisodes++;
        row.LastSeenMs = Math.Max(row.LastSeenMs, episode.LastSeenMs);
        if (!row.Announced && finding.Class != FindingClass.Hazard)
            announcements.New(row, episode, finding);
    }

    private FingerprintRow Find(Finding finding, long firstSeenMs)
    {
        FindingFingerprint f = finding.Fingerprint;
        if (db.Fingerprints.Find(f.Shape) is { } known)
            return known;
        var row = new FingerprintRow
        {
            Shape = f.Shape,
            Family = f.Family,
            Text = f.Text,
            Title = FingerprintTitle.Of(finding),
            FirstSeenMs = firstSeenMs,
            LastSeenMs = firstSeenMs,
            LastOpenedMs = firstSeenMs,
        };
        db.Fingerprints.Add(row);
        return row;
    }

    private FingerprintRow Existing(string shape) => db.Fingerprints.Find(shape) ?? throw new InvalidDataException($"episode of shape {shape}, which is not stored");

    private IQueryable<EpisodeRow> OtherEpisodes(EpisodeRow episode) => db.Episodes.Where(e => e.Shape == episode.Shape && e.Id != episode.Id);

    private void Count(string shape, long firstSeenMs, int by)
    {
        int day = Columns.DayOf(firstSeenMs);
        FingerprintDayRow? row = db.FingerprintDays.Find(shape, day);
        if (row is null)
            db.FingerprintDays.Add(row = new FingerprintDayRow { Shape = shape, Day = day });
        row.Count += by;
        if (row.Count == 0)
            db.FingerprintDays.Remove(row);
    }
}
