namespace OrphanBoard.Server.Ingest;

/// <summary>What happens to streams without a message: hosts fall silent, and how long findings have lasted is written down.</summary>
public sealed class StreamTimers(AgentStreams streams, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>Heartbeats come each second; the store needs to know no closer than this.</summary>
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(10);

    /// <summary>What nobody watches is over after a day or so.</summary>
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat, time);
        DateTimeOffset saved = time.GetUtcNow(), swept = saved;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            DateTimeOffset now = time.GetUtcNow();
            foreach (AgentStream stream in streams.Current)
                stream.WatchSilence(now);
            if (now - saved < SaveEvery)
                continue;
            saved = now;
            await SaveAll(stoppingToken);
            if (now - swept < SweepEvery)
                continue;
            swept = now;
            await streams.EndUnwatched(stoppingToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await SaveAll(cancellationToken);
    }

    private Task SaveAll(CancellationToken ct) => Task.WhenAll(streams.Current.Select(s => s.SaveStillThere(ct)));
}
