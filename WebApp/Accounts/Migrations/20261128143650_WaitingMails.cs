using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Accounts.Migrations
{
    /// <inheritdoc />
    public partial class WaitingMails : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "WaitingMails",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    Priority = table.Column<int>(type: "INTEGER", nullable: false),
                    Tries = table.Column<int>(type: "INTEGER", nullable: false),
                    DueAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Trouble = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    Content = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_WaitingMails", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_WaitingMails_Priority_Tries_Id_DueAt",
                table: "WaitingMails",
                columns: new[] { "Priority", "Tries", "Id", "DueAt" });

            migrationBuilder.CreateIndex(
                name: "IX_WaitingMails_Trouble",
                table: "WaitingMails",
                column: "Trouble",
                filter: "\"Trouble\" IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "WaitingMails");
        }
    }
}
