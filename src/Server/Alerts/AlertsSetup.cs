using OrphanBoard.Server.History;
using OrphanBoard.Server.Settings;

namespace OrphanBoard.Server.Alerts;

public static class AlertsSetup
{
    public static IServiceCollection AddAlerts(this IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton(s => new WebhookClient(settings.WebhookAllowList, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new RetryTimes(s.GetRequiredService<TimeProvider>(), Random.Shared));
        services.AddSingleton<DeliveryCounters>();
        services.AddHostedService<WebhookWorkers>();
        return services;
    }
}

/// <summary>One worker per endpoint, so that a slow one holds up nobody else.</summary>
public sealed class WebhookWorkers(ServerSettings settings, HistoryChanges changes, IServiceProvider services) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        WebhookWorker[] workers = [.. settings.Webhooks.Select(endpoint => ActivatorUtilities.CreateInstance<WebhookWorker>(services, endpoint))];
        using IDisposable wake = changes.Subscribe(() => Array.ForEach(workers, w => w.Wake()));
        await Task.WhenAll(workers.Select(w => w.Run(stoppingToken)));
    }
}
