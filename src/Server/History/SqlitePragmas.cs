using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace OrphanBoard.Server.History;

/// <summary>
/// Each connection: write-ahead log, so that readers and the one writer do not wait for each other, and <c>synchronous=FULL</c>, so that a commit
/// that was acknowledged outlives a power loss (with NORMAL a WAL may lose the last ones; sqlite.org/pragma.html#pragma_synchronous).
/// </summary>
public sealed class SqlitePragmas : DbConnectionInterceptor
{
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Apply(connection);

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Apply(connection);
        return Task.CompletedTask;
    }

    private static void Apply(DbConnection connection)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;";
        command.ExecuteNonQuery();
    }
}

internal static class SqliteOptions
{
    /// <summary>Seconds until a locked store is an error; it is only ever locked by somebody's tool.</summary>
    private const int BusyTimeout = 5;

    public static void UseOrphanBoardSqlite(this DbContextOptionsBuilder options, string databaseFile) => options
        .UseSqlite(new SqliteConnectionStringBuilder { DataSource = databaseFile, ForeignKeys = true, DefaultTimeout = BusyTimeout }.ToString())
        .AddInterceptors(new SqlitePragmas());
}
