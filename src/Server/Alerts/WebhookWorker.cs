using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using OrphanBoard.Server.History;

namespace OrphanBoard.Server.Alerts;

/// <summary>Delivers the messages of one endpoint, in order, each until it is delivered, given up or the endpoint is gone.</summary>
public sealed partial class WebhookWorker(
    WebhookEndpoint endpoint, Outbox outbox, WebhookClient client, RetryTimes retries, ServerAddress address, DeliveryCounters counters,
    TimeProvider time, ILogger<WebhookWorker> log)
{
    /// <summary>How long to leave a store alone that cannot be read or written.</summary>
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(2);

    private readonly string _urlHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(endpoint.Url.AbsoluteUri)));

    /// <summary>One is enough: whoever wakes reads all there is.</summary>
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>There may be something to deliver.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    public async Task Run(CancellationToken stopping)
    {
        Uri board = await address.Public().WaitAsync(stopping);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await outbox.WhyDisabled(endpoint.Name, _urlHash, stopping) is { } reason)
                {
                    LogDisabled(endpoint.Name, reason);
                    return;
                }
                if (await outbox.Next(endpoint.Name, stopping) is not { } message)
                    await _wake.Reader.ReadAsync(stopping);
                else if (message.NextAttempt - time.GetUtcNow() is { Ticks: > 0 } wait)
                    await Task.Delay(wait, time, stopping);
                else
                    await Deliver(message, board);
            }
            catch (Exception e) when (StoreHealth.IsTheStores(e) || e is StoreUnavailableException)
            {
                LogStoreFailed(endpoint.Name, e.Message);
                await Task.Delay(StorePause, time, stopping);
            }
        }
    }

    private async Task Deliver(PendingMessage message, Uri board)
    {
        Attempt attempt = await client.Post(endpoint, WebhookBody.Of(endpoint.Kind, message, board), message.WebhookId);
        counters.Count(attempt.Delivered);
        if (attempt.Delivered)
        {
            await Insist(() => outbox.Delivered(message));
            return;
        }
        if (attempt.Gone)
        {
            await Insist(() => outbox.Disable(endpoint.Name, _urlHash, "the receiver answered 410 Gone", time.GetUtcNow()));
            return;
        }
        if (time.GetUtcNow() - message.CreatedAt >= RetryTimes.GiveUpAfter)
        {
            LogGivenUp(endpoint.Name, message.WebhookId, attempt.Error!);
            await Insist(() => outbox.GiveUp(message, attempt.Error!));
            return;
        }
        DateTimeOffset next = retries.Next(message.Attempts, attempt.RetryAfter);
        LogFailed(endpoint.Name, message.WebhookId, attempt.Error!, (next - time.GetUtcNow()).TotalSeconds);
        await Insist(() => outbox.TryAgain(message, attempt.Error!, next));
    }

    /// <summary>What has happened must be written down before anything else is done: a forgotten delivery would be a second one.</summary>
    private async Task Insist(Func<Task> write)
    {
        while (true)
        {
            try
            {
                await write();
                return;
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(StorePause, time);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook {Name} is disabled: {Reason}; give it another url to use it again")]
    private partial void LogDisabled(string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook {Name}: {Id} was not delivered, {Error}; next attempt in {Seconds:0.#} s")]
    private partial void LogFailed(string name, string id, string error, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Webhook {Name}: {Id} is given up, {Error}")]
    private partial void LogGivenUp(string name, string id, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook {Name} waits for the store: {Error}")]
    private partial void LogStoreFailed(string name, string error);
}

/// <summary>Attempts since the start, for <c>/metrics</c>.</summary>
public sealed class DeliveryCounters
{
    private long _delivered;
    private long _failed;

    public long Delivered => Interlocked.Read(ref _delivered);
    public long Failed => Interlocked.Read(ref _failed);

    internal void Count(bool delivered) => Interlocked.Increment(ref delivered ? ref _delivered : ref _failed);
}
