using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Audit.Migrations
{
    /// <inheritdoc />
    public partial class Details : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Details",
                table: "AuditLog",
                type: "TEXT",
                maxLength: 200,
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_SessionId",
                table: "AuditLog",
                column: "SessionId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_AuditLog_SessionId",
                table: "AuditLog");

            migrationBuilder.DropColumn(
                name: "Details",
                table: "AuditLog");
        }
    }
}
