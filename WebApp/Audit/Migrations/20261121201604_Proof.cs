using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Audit.Migrations
{
    /// <inheritdoc />
    public partial class Proof : Migration
    {
        private const string Head = "COALESCE((SELECT MAX(\"LastId\") FROM \"AuditHead\"), 0)";
        private const string Checkpoint = "COALESCE((SELECT MAX(\"LastId\") FROM \"AuditCheckpoints\"), 0)";

        /// <summary>
        /// What the database refuses, whoever asks. Entries are written above the head, which then rises; only those below a checkpoint leave. What is
        /// personal may be deleted and never changed. INSERT is refused, too, where a row would be put in: INSERT OR REPLACE removes one without asking
        /// the triggers for DELETE. As SQLite writes it.
        /// </summary>
        private static readonly (string Name, string When)[] Refused =
        [
            ("AuditLogUpdate", "UPDATE ON \"AuditLog\""),
            ("AuditLogDelete", $"DELETE ON \"AuditLog\" WHEN OLD.\"Id\" > {Checkpoint}"),
            ("AuditLogInsert", $"INSERT ON \"AuditLog\" WHEN NEW.\"Id\" <= {Head}"),
            ("AuditOriginsUpdate", "UPDATE ON \"AuditOrigins\""),
            ("AuditOriginsInsert", $"INSERT ON \"AuditOrigins\" WHEN NEW.\"EntryId\" <= {Head}"),
            ("AuditTextsUpdate", "UPDATE ON \"AuditTexts\""),
            ("AuditTextsInsert", $"INSERT ON \"AuditTexts\" WHEN NEW.\"EntryId\" <= {Head}"),
            ("AuditCheckpointsUpdate", "UPDATE ON \"AuditCheckpoints\""),
            ("AuditCheckpointsDelete", "DELETE ON \"AuditCheckpoints\""),
            ("AuditCheckpointsInsert", $"INSERT ON \"AuditCheckpoints\" WHEN NEW.\"LastId\" <= {Checkpoint} OR NEW.\"LastId\" > {Head}"),
            ("AuditHeadUpdate", "UPDATE ON \"AuditHead\" WHEN NEW.\"LastId\" <= OLD.\"LastId\" OR NEW.\"Id\" <> OLD.\"Id\""),
            ("AuditHeadDelete", "DELETE ON \"AuditHead\""),
            ("AuditHeadInsert", "INSERT ON \"AuditHead\" WHEN EXISTS (SELECT 1 FROM \"AuditHead\")"),
        ];

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // The entries so far wait under another name until AuditBeginning chains them: that takes the key, which no migration has.
            migrationBuilder.DropIndex(name: "IX_AuditLog_ActorId", table: "AuditLog");
            migrationBuilder.DropIndex(name: "IX_AuditLog_SessionId", table: "AuditLog");
            migrationBuilder.DropIndex(name: "IX_AuditLog_SubjectId_Id", table: "AuditLog");
            migrationBuilder.DropIndex(name: "IX_AuditLog_At", table: "AuditLog");
            migrationBuilder.RenameTable(name: "AuditLog", newName: "AuditLogUnchained");

            migrationBuilder.CreateTable(
                name: "AuditLog",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false),
                    At = table.Column<long>(type: "INTEGER", nullable: false),
                    Action = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    ActorId = table.Column<Guid>(type: "TEXT", nullable: true),
                    SubjectId = table.Column<Guid>(type: "TEXT", nullable: true),
                    SessionId = table.Column<string>(type: "TEXT", maxLength: 32, nullable: true),
                    Method = table.Column<string>(type: "TEXT", maxLength: 32, nullable: true),
                    Reason = table.Column<string>(type: "TEXT", maxLength: 32, nullable: true),
                    CaseReference = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    OriginHash = table.Column<byte[]>(type: "BLOB", nullable: true),
                    TextHash = table.Column<byte[]>(type: "BLOB", nullable: true),
                    Chain = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AuditLog", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "AuditCheckpoints",
                columns: table => new
                {
                    LastId = table.Column<long>(type: "INTEGER", nullable: false),
                    Chain = table.Column<byte[]>(type: "BLOB", nullable: false),
                    At = table.Column<long>(type: "INTEGER", nullable: false),
                    Mac = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AuditCheckpoints", x => x.LastId);
                });

            migrationBuilder.CreateTable(
                name: "AuditHead",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false),
                    LastId = table.Column<long>(type: "INTEGER", nullable: false),
                    Chain = table.Column<byte[]>(type: "BLOB", nullable: false),
                    Mac = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AuditHead", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "AuditOrigins",
                columns: table => new
                {
                    EntryId = table.Column<long>(type: "INTEGER", nullable: false),
                    Address = table.Column<string>(type: "TEXT", maxLength: 45, nullable: true),
                    Device = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    Salt = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AuditOrigins", x => x.EntryId);
                });

            migrationBuilder.CreateTable(
                name: "AuditTexts",
                columns: table => new
                {
                    EntryId = table.Column<long>(type: "INTEGER", nullable: false),
                    Details = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    Note = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    Salt = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AuditTexts", x => x.EntryId);
                });

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_Action_At",
                table: "AuditLog",
                columns: new[] { "Action", "At" });

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_Action_Id",
                table: "AuditLog",
                columns: new[] { "Action", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_ActorId_Id",
                table: "AuditLog",
                columns: new[] { "ActorId", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_CaseReference_Id",
                table: "AuditLog",
                columns: new[] { "CaseReference", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_Reason_Id",
                table: "AuditLog",
                columns: new[] { "Reason", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_SessionId_Id",
                table: "AuditLog",
                columns: new[] { "SessionId", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_SubjectId_Id",
                table: "AuditLog",
                columns: new[] { "SubjectId", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_At",
                table: "AuditLog",
                column: "At");

            foreach (var (name, when) in Refused)
                migrationBuilder.Sql($"CREATE TRIGGER \"{name}\" BEFORE {when} BEGIN SELECT RAISE(ABORT, 'The audit log can only be appended to ({name}).'); END");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "AuditLogUnchained",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false).Annotation("Sqlite:Autoincrement", true),
                    At = table.Column<long>(type: "INTEGER", nullable: false),
                    Action = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    ActorId = table.Column<Guid>(type: "TEXT", nullable: true),
                    SubjectId = table.Column<Guid>(type: "TEXT", nullable: true),
                    SessionId = table.Column<string>(type: "TEXT", maxLength: 32, nullable: true),
                    Address = table.Column<string>(type: "TEXT", maxLength: 45, nullable: true),
                    Reason = table.Column<string>(type: "TEXT", maxLength: 32, nullable: true),
                    CaseReference = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    Note = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    Details = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    Device = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    Method = table.Column<string>(type: "TEXT", maxLength: 32, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AuditLog", x => x.Id);
                });
            migrationBuilder.Sql("""
                INSERT INTO "AuditLogUnchained"
                SELECT e."Id", e."At", e."Action", e."ActorId", e."SubjectId", e."SessionId", o."Address", e."Reason", e."CaseReference", t."Note", t."Details", o."Device", e."Method"
                FROM "AuditLog" e LEFT JOIN "AuditOrigins" o ON o."EntryId" = e."Id" LEFT JOIN "AuditTexts" t ON t."EntryId" = e."Id"
                """);

            // The triggers go with their tables.
            migrationBuilder.DropTable(name: "AuditCheckpoints");
            migrationBuilder.DropTable(name: "AuditOrigins");
            migrationBuilder.DropTable(name: "AuditTexts");
            migrationBuilder.DropTable(name: "AuditLog");
            migrationBuilder.DropTable(name: "AuditHead");

            migrationBuilder.RenameTable(name: "AuditLogUnchained", newName: "AuditLog");
            migrationBuilder.CreateIndex(name: "IX_AuditLog_ActorId", table: "AuditLog", column: "ActorId");
            migrationBuilder.CreateIndex(name: "IX_AuditLog_SessionId", table: "AuditLog", column: "SessionId");
            migrationBuilder.CreateIndex(name: "IX_AuditLog_SubjectId_Id", table: "AuditLog", columns: new[] { "SubjectId", "Id" });
            migrationBuilder.CreateIndex(name: "IX_AuditLog_At", table: "AuditLog", column: "At");
        }
    }
}
