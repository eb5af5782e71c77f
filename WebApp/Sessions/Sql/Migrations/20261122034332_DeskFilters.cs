using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Sessions.Sql.Migrations
{
    /// <inheritdoc />
    public partial class DeskFilters : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Sessions_LiveCountry",
                table: "Sessions");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_LiveMethod",
                table: "Sessions");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_LiveCountry",
                table: "Sessions",
                columns: new[] { "Country", "SignInMethod", "Family" },
                filter: "RevokedAt IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_LiveMethod",
                table: "Sessions",
                columns: new[] { "SignInMethod", "Family" },
                filter: "RevokedAt IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Sessions_LiveCountry",
                table: "Sessions");

            migrationBuilder.DropIndex(
                name: "IX_Sessions_LiveMethod",
                table: "Sessions");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_LiveCountry",
                table: "Sessions",
                column: "Country",
                filter: "RevokedAt IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_LiveMethod",
                table: "Sessions",
                column: "SignInMethod",
                filter: "RevokedAt IS NULL");
        }
    }
}
