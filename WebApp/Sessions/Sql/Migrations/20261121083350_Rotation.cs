using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Sessions.Sql.Migrations
{
    /// <inheritdoc />
    public partial class Rotation : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.RenameColumn(
                name: "SecretHash",
                table: "Sessions",
                newName: "FamilyHash");

            migrationBuilder.AddColumn<long>(
                name: "PreviousSecret",
                table: "Sessions",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "Secret",
                table: "Sessions",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "SecretSince",
                table: "Sessions",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "PreviousSecret",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "Secret",
                table: "Sessions");

            migrationBuilder.DropColumn(
                name: "SecretSince",
                table: "Sessions");

            migrationBuilder.RenameColumn(
                name: "FamilyHash",
                table: "Sessions",
                newName: "SecretHash");
        }
    }
}
