using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Admin.Migrations
{
    /// <inheritdoc />
    public partial class BulkAskerRank : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "AskerIsAdmin",
                table: "BulkRequests",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "AskerIsAdmin",
                table: "BulkRequests");
        }
    }
}
