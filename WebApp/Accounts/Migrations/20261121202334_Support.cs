using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Accounts.Migrations
{
    /// <inheritdoc />
    public partial class Support : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "NormalizedName",
                table: "AspNetUsers",
                type: "TEXT",
                maxLength: 160,
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "SecondFactorRequired",
                table: "AspNetUsers",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.CreateIndex(
                name: "BannedIndex",
                table: "AspNetUsers",
                column: "NormalizedEmail",
                filter: "\"BannedUntil\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "NameIndex",
                table: "AspNetUsers",
                columns: new[] { "NormalizedName", "NormalizedEmail" });

            migrationBuilder.CreateIndex(
                name: "OneFactorIndex",
                table: "AspNetUsers",
                column: "NormalizedEmail",
                filter: "NOT \"TwoFactorEnabled\"");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "BannedIndex",
                table: "AspNetUsers");

            migrationBuilder.DropIndex(
                name: "NameIndex",
                table: "AspNetUsers");

            migrationBuilder.DropIndex(
                name: "OneFactorIndex",
                table: "AspNetUsers");

            migrationBuilder.DropColumn(
                name: "NormalizedName",
                table: "AspNetUsers");

            migrationBuilder.DropColumn(
                name: "SecondFactorRequired",
                table: "AspNetUsers");
        }
    }
}
