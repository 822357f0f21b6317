using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Server.History;

/// <summary>What a message about a new shape tells; kept with it, so that it can be delivered whatever becomes of the episode.</summary>
public sealed record AnnouncedHang(
    string EpisodeId, string HostId, string HostName, FindingClass Class, Confidence Confidence, string Rule, FingerprintKeys Fingerprint,
    string Title, string Summary, ImmutableArray<string> Explanation, string? Remedy, DateTimeOffset FirstSeen, GuardedRun? Guard = null);

/// <summary>Writes messages into the outbox, in the transaction of what they tell.</summary>
/// <param name="run">The guarded run that tells; null: an agent does.</param>
internal sealed class Announcements(HistoryDb db, ImmutableArray<string> channels, long nowMs, GuardRunRow? run)
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
            row.Title, finding.Summary, finding.Explanation, finding.Culprit?.Remedy, Columns.FromMs(episode.FirstSeenMs), Guard);
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
        List<OutboxRow> messages = Messages(row.Shape);
        OutboxRow[] untried = [.. messages.Where(IsUntried)];
        db.Outbox.RemoveRange(untried);
        row.Announced = untried.Length < messages.Count;
    }

    /// <summary>An agent was faster than guard: what nobody has tried to deliver yet tells of the run as well.</summary>
    public void Retell(EpisodeRow episode)
    {
        foreach (OutboxRow message in Messages(episode.Shape).Where(IsUntried))
            if (JsonSerializer.Deserialize<AnnouncedHang>(message.Data, HistoryJson.Options) is { Guard: null } told && told.EpisodeId == episode.Id)
                message.Data = JsonSerializer.Serialize(told with { Guard = Guard }, HistoryJson.Options);
    }

    private GuardedRun? Guard => run is null ? null : GuardedRuns.ToModel(run);

    private List<OutboxRow> Messages(string shape) => [.. db.Outbox.Where(o => o.Shape == shape && o.Transition == NewShape)];

    private bool IsUntried(OutboxRow message) => message is { State: OutboxRow.Pending, Attempts: 0 } && message.NextAttemptMs > nowMs;
}
