using Microsoft.EntityFrameworkCore;
using OrphanBoard.Server.Settings;

namespace OrphanBoard.Server.History;

public static class HistorySetup
{
    public static IServiceCollection AddHistory(this IServiceCollection services, string databaseFile)
    {
        services.AddDbContextFactory<HistoryDb>(o => o.UseOrphanBoardSqlite(databaseFile));
        services.AddSingleton<HistoryChanges>();
        services.AddSingleton<StoreHealth>();
        services.AddSingleton<CommitTimes>();
        services.AddSingleton<HistoryWriter>();
        services.AddHostedService(s => s.GetRequiredService<HistoryWriter>());
        services.AddSingleton<HistoryFeed>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<EpisodeQueries>();
        services.AddSingleton<FingerprintQueries>();
        services.AddSingleton<HostQueries>();
        return services;
    }

    /// <summary>Brings the store to this version's form.</summary>
    /// <exception cref="SettingsException">It cannot be opened or is no store.</exception>
    public static async Task PrepareHistory(this IServiceProvider services, string databaseFile, CancellationToken ct)
    {
        try
        {
            await using HistoryDb db = await services.GetRequiredService<IDbContextFactory<HistoryDb>>().CreateDbContextAsync(ct);
            await db.Database.MigrateAsync(ct);
        }
        catch (Microsoft.Data.Sqlite.SqliteException e)
        {
            throw new SettingsException($"cannot use the store {databaseFile}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
