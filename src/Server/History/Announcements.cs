using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Server.History;

/// <summary>What a message about a new shape tells; kept with it, so that it can be delivered whatever becomes of the episode.</summary>
public sealed record AnnouncedHang(
    string EpisodeId, string HostId, string HostName, FindingClass Class, Confidence Confidence, string Rule, FingerprintKeys Fingerprint,
    string Title, string Summary, ImmutableArray<string> Explanation, string? Remedy, DateTimeOffset FirstSeen);

/// <summary>Writes messages into the outbox, in the transaction of what they tell.</summary>
internal sealed class Announcements(HistoryDb db, ImmutableArray<string> channels, long nowMs)
{
    public const string NewShape = "new";

    /// <summary>A hang that is still being entered may be seen as another shape at the next look: that one is to be told, not both.</summary>
    private const long SettleMs = 3000;

    public void New(FingerprintRow row, EpisodeRow episode, Finding finding)
    {
        row.Announced = true;
        string hostName = db.Hosts.Find(episode.HostId)?.Name ?? episode.HostId;
        var told = new AnnouncedHang(
            episode.Id, episode.HostId, hostName, finding.Class, finding.Confidence, finding.Rule,
            new FingerprintKeys(episode.Family, episode.Shape, episode.Exact, episode.Culprit),
            row.Title, finding.Summary, finding.Explanation, finding.Culprit?.Remedy, Columns.FromMs(episode.FirstSeenMs));
        string data = JsonSerializer.Serialize(told, HistoryJson.Options);
        db.Outbox.AddRange(channels.Select(channel => new OutboxRow
        {
            Shape = row.Shape,
            Transition = NewShape,
            Channel = channel,
            WebhookId = "msg_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            Data = data,
            CreatedMs = nowMs,
            NextAttemptMs = nowMs + SettleMs,
            State = OutboxRow.Pending,
        }));
    }

    /// <summary>Takes back what nobody has tried to deliver yet; nothing of a shape told, and it may be told later.</summary>
    public void Withdraw(FingerprintRow row)
    {
        List<OutboxRow> messages = [.. db.Outbox.Where(o => o.Shape == row.Shape && o.Transition == NewShape)];
        OutboxRow[] untried = [.. messages.Where(o => o is { State: OutboxRow.Pending, Attempts: 0 } && o.NextAttemptMs > nowMs)];
        db.Outbox.RemoveRange(untried);
        row.Announced = untried.Length < messages.Count;
    }
}
