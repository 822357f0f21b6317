using Microsoft.Data.Sqlite;

namespace OrphanBoard.Server.History;

/// <summary>Whether the store could be written the last time somebody tried.</summary>
public sealed class StoreHealth
{
    private volatile string? _failure;

    /// <summary>Null: all is well.</summary>
    public string? Failure => _failure;

    internal void Wrote() => _failure = null;

    internal void Failed(Exception e) => _failure = e.GetBaseException().Message;

    /// <summary>Whether it is the store that fails and not what was to be written: SQLITE_CONSTRAINT and SQLITE_MISMATCH are the writer's own (sqlite.org/rescode.html).</summary>
    internal static bool IsTheStores(Exception e) => e.GetBaseException() is SqliteException { SqliteErrorCode: not (19 or 20) } or IOException or UnauthorizedAccessException;
}

/// <summary>Nothing was written; the same may be tried again later.</summary>
public sealed class StoreUnavailableException(Exception inner) : Exception("the store cannot be written: " + inner.GetBaseException().Message, inner);
