using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace WebApp.Accounts.Migrations
{
    /// <summary>
    /// Marks the accounts whose address or name may have another form by now, for <see cref="NormalForms"/>: what is
    /// not plain ASCII, domains in the notation of the DNS, and addresses with a dot behind them.
    /// </summary>
    public partial class AddressForms : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
            """
            UPDATE "AspNetUsers" SET "NormalizedName" = NULL
            WHERE "Email" GLOB '*[^ -~]*' OR "Name" GLOB '*[^ -~]*' OR "Email" LIKE '%@%xn--%' OR "Email" LIKE '%.'
            """);

        /// <summary>An earlier version finds the addresses that it wrote in this form, too.</summary>
        protected override void Down(MigrationBuilder migrationBuilder)
        {
        }
    }
}
