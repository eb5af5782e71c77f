using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using WebApp.Accounts;

namespace WebApp.Benchmarks.Http;

/// <summary>Somebody who signs in: made from a number, the same for every target.</summary>
internal sealed record BenchmarkUser(Guid Id, string Email, string Stamp, string DisplayName)
{
    /// <summary>What the page without authentication greets.</summary>
    public static readonly BenchmarkUser Nobody = Number(0);

    public static BenchmarkUser Number(int number)
    {
        var random = SHA256.HashData(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
        return new(new Guid(random.AsSpan(0, 16)), $"user{number:D8}@example.org", Convert.ToHexStringLower(random.AsSpan(16)), $"Person {number:D5}");
    }

    /// <summary>What <see cref="ToQuery"/> wrote.</summary>
    public static BenchmarkUser Read(IQueryCollection query) =>
        new(Guid.Parse(query["id"]!, CultureInfo.InvariantCulture), query["email"]!, query["stamp"]!, query["name"]!);

    public string ToQuery() => QueryHelpers.AddQueryString("", new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["id"] = Id.ToString(),
        ["email"] = Email,
        ["stamp"] = Stamp,
        ["name"] = DisplayName,
    });

    /// <summary>The claims that this app's accounts have.</summary>
    public ClaimsPrincipal ToPrincipal(string authenticationType) => new(new ClaimsIdentity(
        [
            new(ClaimTypes.NameIdentifier, Id.ToString()),
            new(ClaimTypes.Name, Email),
            new(ClaimTypes.Email, Email),
            new("AspNet.Identity.SecurityStamp", Stamp),
            new(AppClaims.DisplayName, DisplayName),
            new("amr", "pwd"),
        ],
        authenticationType));
}
