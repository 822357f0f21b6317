using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace OrphanBoard.Server.History;

/// <summary>For <c>dotnet ef migrations add</c> alone, which has no data directory.</summary>
public sealed class HistoryDbDesign : IDesignTimeDbContextFactory<HistoryDb>
{
    public HistoryDb CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<HistoryDb>().UseSqlite("Data Source=:memory:").Options);
}
