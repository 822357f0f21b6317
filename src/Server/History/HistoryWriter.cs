using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace OrphanBoard.Server.History;

/// <summary>
/// The store's one writer: SQLite allows no second (efcore#36295). What has come in while a commit ran goes into the next one together, and each caller
/// hears of its work only after the commit.
/// </summary>
public sealed partial class HistoryWriter(
    IDbContextFactory<HistoryDb> store, HistoryChanges changes, StoreHealth health, CommitTimes commits, TimeProvider time, ILogger<HistoryWriter> log)
    : BackgroundService
{
    private const int MaxBatch = 64;

    /// <summary>Bounded: callers wait, and so do the agents behind them.</summary>
    private readonly Channel<PendingWrite> _queue = Channel.CreateBounded<PendingWrite>(new BoundedChannelOptions(1024) { SingleReader = true });

    /// <summary>Does <paramref name="work"/> within a transaction and returns after its commit.</summary>
    /// <param name="work">Must leave alone what is outside of the store: it runs again if a batch is rolled back.</param>
    /// <param name="announce">Whether watchers of episodes and fingerprints are to be told.</param>
    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    public async Task<T> Write<T>(Func<HistoryDb, T> work, bool announce, CancellationToken ct = default)
    {
        var pending = new PendingWrite<T>(work, announce);
        await _queue.Writer.WriteAsync(pending, ct);
        return await pending.Result;
    }

    /// <summary>Whether the store can be written now: writes a page of it.</summary>
    public async Task<bool> Probe(CancellationToken ct)
    {
        try
        {
            return await Write(db => db.Database.ExecuteSqlRaw($"PRAGMA user_version = 1") is var _, announce: false, ct).WaitAsync(TimeSpan.FromSeconds(10), time, ct);
        }
        catch (Exception e) when (e is StoreUnavailableException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Takes no more work and commits what is there.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        if (ExecuteTask is { } running)
            await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<PendingWrite> batch = [];
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out PendingWrite? next))
                batch.Add(next);
            if (TryCommit(batch) is { } failure)
                CommitApart(batch, failure);
        }
    }

    /// <summary>One host's bad data must not take the others' with it.</summary>
    private void CommitApart(List<PendingWrite> batch, Exception failure)
    {
        foreach (PendingWrite write in batch)
            if ((batch.Count == 1 ? failure : TryCommit([write])) is { } e)
                Fail(write, e);
    }

    private void Fail(PendingWrite write, Exception e)
    {
        if (!StoreHealth.IsTheStores(e))
        {
            write.Fail(e);
            return;
        }
        health.Failed(e);
        LogStoreFailed(e.GetBaseException().Message);
        write.Fail(new StoreUnavailableException(e));
    }

    private Exception? TryCommit(IReadOnlyList<PendingWrite> batch)
    {
        long start = time.GetTimestamp();
        try
        {
            using HistoryDb db = store.CreateDbContext();
            using IDbContextTransaction transaction = db.Database.BeginTransaction();
            foreach (PendingWrite write in batch)
            {
                write.Run(db);
                db.SaveChanges();
                db.ChangeTracker.Clear();
            }
            transaction.Commit();
        }
#pragma warning disable CA1031 // Whatever it is, it is told to the callers whose work it stopped; the writer goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e;
        }
        health.Wrote();
        commits.Add(time.GetElapsedTime(start));
        foreach (PendingWrite write in batch)
            write.Complete();
        if (batch.Any(w => w.Announce))
            changes.Raise();
        return null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The store cannot be written, agents are asked to try again: {Reason}")]
    private partial void LogStoreFailed(string reason);

    private abstract class PendingWrite(bool announce)
    {
        public bool Announce => announce;
        public abstract void Run(HistoryDb db);
        public abstract void Complete();
        public abstract void Fail(Exception e);
    }

    private sealed class PendingWrite<T>(Func<HistoryDb, T> work, bool announce) : PendingWrite(announce)
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;

        public Task<T> Result => _done.Task;

        public override void Run(HistoryDb db) => _result = work(db);

        public override void Complete() => _done.SetResult(_result!);

        public override void Fail(Exception e) => _done.SetException(e);
    }
}
