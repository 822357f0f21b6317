using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace OrphanBoard.Server.History;

/// <param name="WebhookId">The same over retries.</param>
/// <param name="Transition">What happened: <c>new</c>.</param>
/// <param name="Attempts">How often it was tried.</param>
public sealed record PendingMessage(
    long Id, string WebhookId, string Transition, AnnouncedHang Hang, DateTimeOffset CreatedAt, DateTimeOffset NextAttempt, int Attempts);

/// <summary>Messages that wait for their delivery, and channels that must not be used any more.</summary>
public sealed class Outbox(IDbContextFactory<HistoryDb> store, HistoryWriter writer)
{
    /// <summary>The oldest message of a channel: order is kept, so it stands before the others even while it waits for its next attempt.</summary>
    public async Task<PendingMessage?> Next(string channel, CancellationToken ct)
    {
        await using HistoryDb db = await store.CreateDbContextAsync(ct);
        return await db.Outbox.AsNoTracking()
            .Where(o => o.Channel == channel && o.State == OutboxRow.Pending)
            .OrderBy(o => o.Id).FirstOrDefaultAsync(ct) is { } o
            ? new PendingMessage(
                o.Id, o.WebhookId, o.Transition, JsonSerializer.Deserialize<AnnouncedHang>(o.Data, HistoryJson.Options)!,
                Columns.FromMs(o.CreatedMs), Columns.FromMs(o.NextAttemptMs), o.Attempts)
            : null;
    }

    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    public Task Delivered(PendingMessage message) => Update(message, OutboxRow.Delivered, null, message.NextAttempt);

    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    public Task TryAgain(PendingMessage message, string error, DateTimeOffset at) => Update(message, OutboxRow.Pending, error, at);

    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    public Task GiveUp(PendingMessage message, string error) => Update(message, OutboxRow.Dead, error, message.NextAttempt);

    /// <returns>Null: the channel may be used.</returns>
    public async Task<string?> WhyDisabled(string channel, string urlHash, CancellationToken ct)
    {
        await using HistoryDb db = await store.CreateDbContextAsync(ct);
        return await db.Channels.Where(c => c.Name == channel && c.UrlHash == urlHash).Select(c => c.Reason).SingleOrDefaultAsync(ct);
    }

    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    public Task Disable(string channel, string urlHash, string reason, DateTimeOffset at) => writer.Write(
        db =>
        {
            db.Channels.Where(c => c.Name == channel).ExecuteDelete();
            return db.Channels.Add(new ChannelRow { Name = channel, UrlHash = urlHash, Reason = reason, DisabledMs = at.ToMs() }).Entity.Name;
        },
        announce: false);

    private Task<int> Update(PendingMessage message, string state, string? error, DateTimeOffset next)
    {
        long nextMs = next.ToMs();
        return writer.Write(
            db => db.Outbox.Where(o => o.Id == message.Id).ExecuteUpdate(o => o
                .SetProperty(x => x.State, state)
                .SetProperty(x => x.LastError, error)
                .SetProperty(x => x.NextAttemptMs, nextMs)
                .SetProperty(x => x.Attempts, message.Attempts + 1)),
            announce: false);
    }
}
