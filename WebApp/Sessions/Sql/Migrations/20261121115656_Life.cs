using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Sessions.Sql.Migrations
{
    /// <inheritdoc />
    public partial class Life : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "AuthenticatedAt",
                table: "Sessions",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "Country",
                table: "Sessions",
                type: "TEXT",
                maxLength: 2,
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Family",
                table: "Sessions",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<byte>(
                name: "LockReason",
                table: "Sessions",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "LockedAt",
                table: "Sessions",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "MovedAt",
                table: "Sessions",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "NameShownUntil",
                table: "Sessions",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "PreviousAddress",
                table: "Sessions",
                type: "TEXT",
                maxLength: 45,
                nullable: true);

            migrationBuilder.AddColumn<byte>(
                name: "ProofAttempts",
                table: "Sessions",
                type: "INTEGER",
                nullable: false,
                defaultValue: (byte)0);

            migrationBuilder.AddColumn<string>(
                name: "RefusedAddress",
                table: "Sessions",
                type: "TEXT",
                maxLength: 45,
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "RefusedAt",
                table: "Sessions",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "RefusedCount",
                table: "Sessions",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "RequiredRightsVersion",
                table: "Sessions",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "RightsVersion",
                table: "Sessions",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<byte>(
                name: "LockReason",
                table: "RevocationJournal",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "RightsVersion",
                table: "RevocationJournal",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "RequiredRights",
                columns: table => new
                {
                    UserId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Version = table.Column<int>(type: "INTEGER", nullable: false),
                    RaisedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RequiredRights", x => x.UserId);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "RequiredRights");

            migrationBuilder.DropColumn(
                name: "AuthenticatedAt",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "Country",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "Family",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "LockReason",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "LockedAt",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "MovedAt",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "NameShownUntil",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "PreviousAddress",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "ProofAttempts",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "RefusedAddress",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "RefusedAt",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "RefusedCount",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "RequiredRightsVersion",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "RightsVersion",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "LockReason",
                table: "RevocationJournal");

            migrationBuilder.DropColumn(
                name: "RightsVersion",
                table: "RevocationJournal");
        }
    }
}
