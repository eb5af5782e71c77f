using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Sessions.Sql.Migrations
{
    /// <inheritdoc />
    public partial class Desk : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Sessions_KeepUntil",
                table: "Sessions");

            migrationBuilder.AddColumn<long>(
                name: "Epoch",
                table: "Sessions",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "LastAddressKey",
                table: "Sessions",
                type: "TEXT",
                maxLength: 33,
                nullable: true);

            migrationBuilder.CreateTable(
                name: "Epochs",
                columns: table => new
                {
                    Number = table.Column<long>(type: "INTEGER", nullable: false),
                    At = table.Column<long>(type: "INTEGER", nullable: false),
                    Reason = table.Column<byte>(type: "INTEGER", nullable: false),
                    CaseReference = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    SparedUserId = table.Column<Guid>(type: "TEXT", nullable: true),
                    SparedId = table.Column<string>(type: "TEXT", maxLength: 32, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Epochs", x => x.Number);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_KeepUntil_RevokedAt_Epoch",
                table: "Sessions",
                columns: new[] { "KeepUntil", "RevokedAt", "Epoch" });

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_Live",
                table: "Sessions",
                columns: new[] { "LastSeenAt", "Id" },
                filter: "RevokedAt IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_LiveAddress",
                table: "Sessions",
                column: "LastAddressKey",
                filter: "RevokedAt IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_LiveCountry",
                table: "Sessions",
                column: "Country",
                filter: "RevokedAt IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_LiveFamily",
                table: "Sessions",
                column: "Family",
                filter: "RevokedAt IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_LiveMethod",
                table: "Sessions",
                column: "SignInMethod",
                filter: "RevokedAt IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_LockReason",
                table: "Sessions",
                column: "LockReason",
                filter: "LockReason IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_RevocationReason",
                table: "Sessions",
                column: "RevocationReason",
                filter: "RevocationReason IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Epochs");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_KeepUntil_RevokedAt_Epoch",
                table: "Sessions");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_Live",
                table: "Sessions");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_LiveAddress",
                table: "Sessions");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_LiveCountry",
                table: "Sessions");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_LiveFamily",
                table: "Sessions");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_LiveMethod",
                table: "Sessions");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_LockReason",
                table: "Sessions");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_RevocationReason",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "Epoch",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "LastAddressKey",
                table: "Sessions");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_KeepUntil",
                table: "Sessions",
                column: "KeepUntil");
        }
    }
}
