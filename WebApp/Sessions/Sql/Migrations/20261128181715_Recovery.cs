using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Sessions.Sql.Migrations
{
    /// <inheritdoc />
    public partial class Recovery : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_RevocationJournal_Confirmed",
                table: "RevocationJournal");

            migrationBuilder.RenameColumn(
                name: "Confirmed",
                table: "RevocationJournal",
                newName: "Tag");

            migrationBuilder.AddColumn<long>(
                name: "Lineage",
                table: "RevocationJournal",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "Place",
                table: "RevocationJournal",
                type: "INTEGER",
                nullable: true);

            // What was confirmed has places of a lineage that no mark knows, so it is repeated once. The tag is the last
            // byte of the user's id.
            migrationBuilder.Sql("""
                UPDATE "RevocationJournal" SET "Lineage" = 0, "Place" = "Id" WHERE "Tag" = 1;
                UPDATE "RevocationJournal" SET "Tag" =
                    16 * (instr('0123456789ABCDEF', upper(substr("UserId", -2, 1))) - 1)
                    + instr('0123456789ABCDEF', upper(substr("UserId", -1, 1))) - 1;
                """);

            migrationBuilder.CreateIndex(
                name: "IX_RevocationJournal_Lineage_Tag_Place",
                table: "RevocationJournal",
                columns: new[] { "Lineage", "Tag", "Place" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_RevocationJournal_Lineage_Tag_Place",
                table: "RevocationJournal");

            migrationBuilder.Sql("""UPDATE "RevocationJournal" SET "Tag" = "Lineage" IS NOT NULL""");

            migrationBuilder.DropColumn(
                name: "Lineage",
                table: "RevocationJournal");

            migrationBuilder.DropColumn(
                name: "Place",
                table: "RevocationJournal");

            migrationBuilder.RenameColumn(
                name: "Tag",
                table: "RevocationJournal",
                newName: "Confirmed");

            migrationBuilder.CreateIndex(
                name: "IX_RevocationJournal_Confirmed",
                table: "RevocationJournal",
                column: "Confirmed");
        }
    }
}
