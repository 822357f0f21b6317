using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace OrphanBoard.Server.History.Migrations
{
    /// <inheritdoc />
    public partial class GuardedRuns : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Hosts that are there have had an agent: there was no other way to become known.
            migrationBuilder.AddColumn<bool>(
                name: "Watched",
                table: "hosts",
                type: "INTEGER",
                nullable: false,
                defaultValue: true);

            migrationBuilder.CreateTable(
                name: "guard_runs",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", nullable: false),
                    HostId = table.Column<string>(type: "TEXT", nullable: false),
                    Command = table.Column<string>(type: "TEXT", nullable: false),
                    JobSystem = table.Column<string>(type: "TEXT", nullable: true),
                    JobName = table.Column<string>(type: "TEXT", nullable: true),
                    JobUrl = table.Column<string>(type: "TEXT", nullable: true),
                    JobCookie = table.Column<string>(type: "TEXT", nullable: true),
                    Commit = table.Column<string>(type: "TEXT", nullable: true),
                    Branch = table.Column<string>(type: "TEXT", nullable: true),
                    ExitCode = table.Column<int>(type: "INTEGER", nullable: false),
                    EndedBy = table.Column<string>(type: "TEXT", nullable: false),
                    StartedMs = table.Column<long>(type: "INTEGER", nullable: false),
                    EndedMs = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_guard_runs", x => x.Id);
                    table.ForeignKey(
                        name: "FK_guard_runs_hosts_HostId",
                        column: x => x.HostId,
                        principalTable: "hosts",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "guard_findings",
                columns: table => new
                {
                    RunId = table.Column<string>(type: "TEXT", nullable: false),
                    EpisodeId = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_guard_findings", x => new { x.EpisodeId, x.RunId });
                    table.ForeignKey(
                        name: "FK_guard_findings_episodes_EpisodeId",
                        column: x => x.EpisodeId,
                        principalTable: "episodes",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_guard_findings_guard_runs_RunId",
                        column: x => x.RunId,
                        principalTable: "guard_runs",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_guard_findings_RunId",
                table: "guard_findings",
                column: "RunId");

            migrationBuilder.CreateIndex(
                name: "IX_guard_runs_HostId",
                table: "guard_runs",
                column: "HostId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "guard_findings");

            migrationBuilder.DropTable(
                name: "guard_runs");

            migrationBuilder.DropColumn(
                name: "Watched",
                table: "hosts");
        }
    }
}
