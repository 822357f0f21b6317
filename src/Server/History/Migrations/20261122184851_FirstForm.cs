using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace OrphanBoard.Server.History.Migrations
{
    /// <inheritdoc />
    public partial class FirstForm : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "boots",
                columns: table => new
                {
                    HostId = table.Column<string>(type: "TEXT", nullable: false),
                    BootId = table.Column<string>(type: "TEXT", nullable: false),
                    BootTimeMs = table.Column<long>(type: "INTEGER", nullable: false),
                    FirstSeenMs = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_boots", x => new { x.HostId, x.BootId });
                });

            migrationBuilder.CreateTable(
                name: "channels",
                columns: table => new
                {
                    Name = table.Column<string>(type: "TEXT", nullable: false),
                    UrlHash = table.Column<string>(type: "TEXT", nullable: false),
                    DisabledMs = table.Column<long>(type: "INTEGER", nullable: false),
                    Reason = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_channels", x => x.Name);
                });

            migrationBuilder.CreateTable(
                name: "fingerprints",
                columns: table => new
                {
                    Shape = table.Column<string>(type: "TEXT", nullable: false),
                    Family = table.Column<string>(type: "TEXT", nullable: false),
                    Text = table.Column<string>(type: "TEXT", nullable: false),
                    Title = table.Column<string>(type: "TEXT", nullable: false),
                    FirstSeenMs = table.Column<long>(type: "INTEGER", nullable: false),
                    LastSeenMs = table.Column<long>(type: "INTEGER", nullable: false),
                    LastOpenedMs = table.Column<long>(type: "INTEGER", nullable: false),
                    ReturnedMs = table.Column<long>(type: "INTEGER", nullable: true),
                    Episodes = table.Column<int>(type: "INTEGER", nullable: false),
                    OpenEpisodes = table.Column<int>(type: "INTEGER", nullable: false),
                    Hosts = table.Column<int>(type: "INTEGER", nullable: false),
                    Announced = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_fingerprints", x => x.Shape);
                });

            migrationBuilder.CreateTable(
                name: "hosts",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", nullable: false),
                    BootId = table.Column<string>(type: "TEXT", nullable: false),
                    Kernel = table.Column<string>(type: "TEXT", nullable: false),
                    Architecture = table.Column<string>(type: "TEXT", nullable: false),
                    AgentVersion = table.Column<string>(type: "TEXT", nullable: false),
                    Backend = table.Column<string>(type: "TEXT", nullable: false),
                    FirstSeenMs = table.Column<long>(type: "INTEGER", nullable: false),
                    LastSeenMs = table.Column<long>(type: "INTEGER", nullable: false),
                    Processes = table.Column<int>(type: "INTEGER", nullable: false),
                    Threads = table.Column<int>(type: "INTEGER", nullable: false),
                    Fds = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_hosts", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "outbox",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    Shape = table.Column<string>(type: "TEXT", nullable: false),
                    Transition = table.Column<string>(type: "TEXT", nullable: false),
                    Channel = table.Column<string>(type: "TEXT", nullable: false),
                    WebhookId = table.Column<string>(type: "TEXT", nullable: false),
                    Data = table.Column<string>(type: "TEXT", nullable: false),
                    CreatedMs = table.Column<long>(type: "INTEGER", nullable: false),
                    NextAttemptMs = table.Column<long>(type: "INTEGER", nullable: false),
                    Attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    State = table.Column<string>(type: "TEXT", nullable: false),
                    LastError = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_outbox", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "fingerprint_days",
                columns: table => new
                {
                    Shape = table.Column<string>(type: "TEXT", nullable: false),
                    Day = table.Column<int>(type: "INTEGER", nullable: false),
                    Count = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_fingerprint_days", x => new { x.Shape, x.Day });
                    table.ForeignKey(
                        name: "FK_fingerprint_days_fingerprints_Shape",
                        column: x => x.Shape,
                        principalTable: "fingerprints",
                        principalColumn: "Shape",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "episodes",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", nullable: false),
                    HostId = table.Column<string>(type: "TEXT", nullable: false),
                    BootId = table.Column<string>(type: "TEXT", nullable: false),
                    FindingId = table.Column<string>(type: "TEXT", nullable: false),
                    Class = table.Column<string>(type: "TEXT", nullable: false),
                    Confidence = table.Column<string>(type: "TEXT", nullable: false),
                    Rule = table.Column<string>(type: "TEXT", nullable: false),
                    Family = table.Column<string>(type: "TEXT", nullable: false),
                    Shape = table.Column<string>(type: "TEXT", nullable: false),
                    Exact = table.Column<string>(type: "TEXT", nullable: false),
                    Culprit = table.Column<string>(type: "TEXT", nullable: true),
                    Summary = table.Column<string>(type: "TEXT", nullable: false),
                    FirstSeenMs = table.Column<long>(type: "INTEGER", nullable: false),
                    LastSeenMs = table.Column<long>(type: "INTEGER", nullable: false),
                    EndedMs = table.Column<long>(type: "INTEGER", nullable: true),
                    EndReason = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_episodes", x => x.Id);
                    table.ForeignKey(
                        name: "FK_episodes_fingerprints_Shape",
                        column: x => x.Shape,
                        principalTable: "fingerprints",
                        principalColumn: "Shape",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_episodes_hosts_HostId",
                        column: x => x.HostId,
                        principalTable: "hosts",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "evidence",
                columns: table => new
                {
                    EpisodeId = table.Column<string>(type: "TEXT", nullable: false),
                    Kind = table.Column<string>(type: "TEXT", nullable: false),
                    TakenMs = table.Column<long>(type: "INTEGER", nullable: false),
                    Finding = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_evidence", x => new { x.EpisodeId, x.Kind });
                    table.ForeignKey(
                        name: "FK_evidence_episodes_EpisodeId",
                        column: x => x.EpisodeId,
                        principalTable: "episodes",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "episode_by_finding",
                table: "episodes",
                columns: new[] { "HostId", "BootId", "FindingId", "EndedMs" });

            migrationBuilder.CreateIndex(
                name: "episode_by_shape",
                table: "episodes",
                columns: new[] { "Shape", "FirstSeenMs", "Id" });

            migrationBuilder.CreateIndex(
                name: "episode_by_time",
                table: "episodes",
                columns: new[] { "FirstSeenMs", "Id" });

            migrationBuilder.CreateIndex(
                name: "open_episode",
                table: "episodes",
                columns: new[] { "HostId", "BootId", "FindingId" },
                unique: true,
                filter: "\"EndedMs\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "fingerprint_by_family",
                table: "fingerprints",
                column: "Family");

            migrationBuilder.CreateIndex(
                name: "fingerprint_by_time",
                table: "fingerprints",
                columns: new[] { "LastOpenedMs", "Shape" });

            migrationBuilder.CreateIndex(
                name: "outbox_once",
                table: "outbox",
                columns: new[] { "Shape", "Transition", "Channel" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "outbox_queue",
                table: "outbox",
                columns: new[] { "Channel", "State", "Id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "boots");

            migrationBuilder.DropTable(
                name: "channels");

            migrationBuilder.DropTable(
                name: "evidence");

            migrationBuilder.DropTable(
                name: "fingerprint_days");

            migrationBuilder.DropTable(
                name: "outbox");

            migrationBuilder.DropTable(
                name: "episodes");

            migrationBuilder.DropTable(
                name: "fingerprints");

            migrationBuilder.DropTable(
                name: "hosts");
        }
    }
}
