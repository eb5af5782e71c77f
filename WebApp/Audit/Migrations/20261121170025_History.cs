using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Audit.Migrations
{
    /// <inheritdoc />
    public partial class History : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_AuditLog_SubjectId",
                table: "AuditLog");

            migrationBuilder.AddColumn<string>(
                name: "Device",
                table: "AuditLog",
                type: "TEXT",
                maxLength: 64,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Method",
                table: "AuditLog",
                type: "TEXT",
                maxLength: 32,
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_ActorId",
                table: "AuditLog",
                column: "ActorId");

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_At",
                table: "AuditLog",
                column: "At");

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_SubjectId_Id",
                table: "AuditLog",
                columns: new[] { "SubjectId", "Id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_AuditLog_ActorId",
                table: "AuditLog");

            migrationBuilder.DropIndex(
                name: "IX_AuditLog_At",
                table: "AuditLog");

            migrationBuilder.DropIndex(
                name: "IX_AuditLog_SubjectId_Id",
                table: "AuditLog");

            migrationBuilder.DropColumn(
                name: "Device",
                table: "AuditLog");

            migrationBuilder.DropColumn(
                name: "Method",
                table: "AuditLog");

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_SubjectId",
                table: "AuditLog",
                column: "SubjectId");
        }
    }
}
