using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Tests.Support;

namespace OrphanBoard.Server.Tests.History;

public sealed class MigrationTests
{
    [Fact]
    public async Task Store_OfTheFirstForm_KeepsItsHostsAsWatched()
    {
        using var directory = new TemporaryDirectory();
        await using var db = new HistoryDb(new DbContextOptionsBuilder<HistoryDb>().UseSqlite($"Data Source={directory.Path}/store.db;Pooling=False").Options);
        CancellationToken ct = TestContext.Current.CancellationToken;
        await db.GetService<IMigrator>().MigrateAsync("FirstForm", ct);
        await db.Database.ExecuteSqlAsync($"INSERT INTO hosts VALUES ('host-a', 'a', {Samples.Boot}, '6', 'x86_64', '0.1.0', 'proc', 1, 2, 3, 4, 5)", ct);

        await db.Database.MigrateAsync(ct);

        HostRow host = await db.Hosts.SingleAsync(ct);
        Assert.Equal(("host-a", true, 5), (host.Id, host.Watched, host.Fds));
    }
}
