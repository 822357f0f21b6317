using Microsoft.Data.Sqlite;

namespace OrphanBoard.Server.History;

/// <summary>Whether the store can be written, as far as the last attempts show.</summary>
public sealed class StoreHealth(TimeProvider time)
{
    /// <summary>A disk that is full still takes a small write here and there: after a failure the store is not trusted for so long.</summary>
    private static readonly TimeSpan Distrust = TimeSpan.FromSeconds(30);

    private volatile string? _failure;
    private long _failedAt;

    /// <summary>Why the last attempt failed; null: it did not.</summary>
    public string? Failure => _failure;

    public bool FailedLately => Interlocked.Read(ref _failedAt) is not 0 and var at && time.GetElapsedTime(at) < Distrust;

    internal void Wrote() => _failure = null;

    internal void Failed(Exception e)
    {
        _failure = e.GetBaseException().Message;
        Interlocked.Exchange(ref _failedAt, time.GetTimestamp());
    }

    /// <summary>Whether it is the store that fails and not what was to be written: SQLITE_CONSTRAINT and SQLITE_MISMATCH are the writer's own (sqlite.org/rescode.html).</summary>
    internal static bool IsTheStores(Exception e) => e.GetBaseException() is SqliteException { SqliteErrorCode: not (19 or 20) } or IOException or UnauthorizedAccessException;
}

/// <summary>Nothing was written; the same may be tried again later.</summary>
public sealed class StoreUnavailableException(Exception inner) : Exception("the store cannot be written: " + inner.GetBaseException().Message, inner);
