using Microsoft.EntityFrameworkCore;

namespace OrphanBoard.Server.History;

/// <summary>The store. Times are integers, UTC milliseconds, named <c>...Ms</c>; enum values are their wire names. Nobody outside of History uses it.</summary>
public sealed class HistoryDb(DbContextOptions<HistoryDb> options) : DbContext(options)
{
    public DbSet<HostRow> Hosts => Set<HostRow>();
    public DbSet<BootRow> Boots => Set<BootRow>();
    public DbSet<EpisodeRow> Episodes => Set<EpisodeRow>();
    public DbSet<EvidenceRow> Evidence => Set<EvidenceRow>();
    public DbSet<GuardRunRow> GuardRuns => Set<GuardRunRow>();
    public DbSet<GuardFindingRow> GuardFindings => Set<GuardFindingRow>();
    public DbSet<FingerprintRow> Fingerprints => Set<FingerprintRow>();
    public DbSet<FingerprintDayRow> FingerprintDays => Set<FingerprintDayRow>();
    public DbSet<OutboxRow> Outbox => Set<OutboxRow>();
    public DbSet<ChannelRow> Channels => Set<ChannelRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<HostRow>().ToTable("hosts").HasKey(h => h.Id);
        modelBuilder.Entity<BootRow>().ToTable("boots").HasKey(b => new { b.HostId, b.BootId });
        modelBuilder.Entity<EpisodeRow>(e =>
        {
            e.ToTable("episodes").HasKey(x => x.Id);

            // Nothing that is deleted takes an episode with it.
            e.HasOne<HostRow>().WithMany().HasForeignKey(x => x.HostId).OnDelete(DeleteBehavior.Restrict);
            e.HasOne<FingerprintRow>().WithMany().HasForeignKey(x => x.Shape).OnDelete(DeleteBehavior.Restrict);

            // One open episode per finding, whatever happens: a restart continues it.
            e.HasIndex(x => new { x.HostId, x.BootId, x.FindingId }, "open_episode").IsUnique().HasFilter("\"EndedMs\" IS NULL");
            e.HasIndex(x => new { x.HostId, x.BootId, x.FindingId, x.EndedMs }, "episode_by_finding");
            e.HasIndex(x => new { x.FirstSeenMs, x.Id }, "episode_by_time");
            e.HasIndex(x => new { x.Shape, x.FirstSeenMs, x.Id }, "episode_by_shape");
        });
        modelBuilder.Entity<EvidenceRow>(e =>
        {
            e.ToTable("evidence").HasKey(x => new { x.EpisodeId, x.Kind });
            e.HasOne<EpisodeRow>().WithMany().HasForeignKey(x => x.EpisodeId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<GuardRunRow>(e =>
        {
            e.ToTable("guard_runs").HasKey(x => x.Id);
            e.HasOne<HostRow>().WithMany().HasForeignKey(x => x.HostId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<GuardFindingRow>(e =>
        {
            e.ToTable("guard_findings").HasKey(x => new { x.EpisodeId, x.RunId });
            e.HasOne<EpisodeRow>().WithMany().HasForeignKey(x => x.EpisodeId).OnDelete(DeleteBehavior.Cascade);
            e.HasOne<GuardRunRow>().WithMany().HasForeignKey(x => x.RunId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<FingerprintRow>(e =>
        {
            e.ToTable("fingerprints").HasKey(x => x.Shape);
            e.HasIndex(x => new { x.LastOpenedMs, x.Shape }, "fingerprint_by_time");
            e.HasIndex(x => x.Family, "fingerprint_by_family");
        });
        modelBuilder.Entity<FingerprintDayRow>(e =>
        {
            e.ToTable("fingerprint_days").HasKey(x => new { x.Shape, x.Day });
            e.HasOne<FingerprintRow>().WithMany().HasForeignKey(x => x.Shape).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<OutboxRow>(e =>
        {
            e.ToTable("outbox").HasKey(x => x.Id);
            e.HasIndex(x => new { x.Shape, x.Transition, x.Channel }, "outbox_once").IsUnique();
            e.HasIndex(x => new { x.Channel, x.State, x.Id }, "outbox_queue");
        });
        modelBuilder.Entity<ChannelRow>().ToTable("channels").HasKey(c => c.Name);
    }
}
