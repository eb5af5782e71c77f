using System.Buffers.Binary;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts;

public sealed class AccountCreationTests(SqlApp app) : IClassFixture<SqlApp>
{
    private const string Address = "203.0.113.9";
    private readonly string _email = $"{Guid.NewGuid():N}@example.com";

    [Fact]
    public async Task A_new_account_has_an_id_that_rises_with_time_and_a_line_in_the_audit_log()
    {
        var (result, user) = await RegisterAsync(_email);

        Assert.True(result.Succeeded);
        Assert.Equal(7, user.Id.Version);
        var stored = await FindAsync(_email);
        Assert.Equal((user.Id, _email, _email, "Zoë", app.Clock.GetUtcNow()), (stored.Id, stored.UserName, stored.Email, stored.Name, stored.CreatedAt));
        var entry = Assert.Single(await app.AuditOfAsync(user.Id));
        Assert.Equal((AuditAction.Registered, user.Id, Address), (entry.Action, entry.ActorId, entry.Address));
    }

    // OWASP's figure for PBKDF2 with HMAC-SHA512. Identity's format: version (1), then PRF and iterations as big-endian numbers.
    [Fact]
    public async Task A_password_is_hashed_210_000_times()
    {
        await using var own = new TestApp { HashesFully = true };

        var hash = Convert.FromBase64String(await own.InRequestAsync<IPasswordHasher<AppUser>, string>(hasher => Task.FromResult(hasher.HashPassword(new(), Browser.Password))));

        const int HmacSha512 = 2;
        Assert.Equal(1, hash[0]);
        Assert.Equal(HmacSha512, BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(1)));
        Assert.Equal(210_000, BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(5)));
    }

    [Fact]
    public async Task An_address_that_is_taken_is_refused_however_it_is_written()
    {
        await RegisterAsync(_email);

        var (result, _) = await RegisterAsync(_email.ToUpperInvariant());

        Assert.Equal(["DuplicateEmail", "DuplicateUserName"], result.Errors.Select(e => e.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_registrations_of_one_address_at_once_one_succeeds_and_the_others_hear_that_it_is_taken()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => RegisterAsync(_email))));

        Assert.Single(results, r => r.Result.Succeeded);
        Assert.All(results.Where(r => !r.Result.Succeeded), r => Assert.Contains(r.Result.Errors, e => e.Code == "DuplicateEmail"));
        Assert.Single(await app.AuditOfAsync((await FindAsync(_email)).Id));
    }

    [Theory]
    [InlineData("no address")]
    [InlineData("")]
    public async Task What_is_no_address_is_refused(string email) => Assert.False((await RegisterAsync(email)).Result.Succeeded);

    [Fact]
    public async Task A_role_is_given_once_and_audited_once()
    {
        await RegisterAsync(_email);

        Assert.True((await EnsureAsync(_email, "", Roles.Support)).Succeeded);
        Assert.True((await EnsureAsync(_email, "", Roles.Support)).Succeeded);

        var user = await FindAsync(_email);
        Assert.Equal([Roles.Support], await app.InRequestAsync<UserManager<AppUser>, IList<string>>(users => users.GetRolesAsync(user)));
        var entry = Assert.Single(await app.AuditOfAsync(user.Id), e => e.Action == AuditAction.RoleGranted);
        Assert.Equal((Roles.Support, null), (entry.Reason, entry.ActorId));
    }

    [Fact]
    public async Task An_existing_account_keeps_its_password_and_its_name()
    {
        await RegisterAsync(_email);
        var before = await FindAsync(_email);

        Assert.True((await EnsureAsync(_email, "quite another passphrase", role: null)).Succeeded);

        var after = await FindAsync(_email);
        Assert.Equal((before.PasswordHash, before.Name, before.SecurityStamp), (after.PasswordHash, after.Name, after.SecurityStamp));
    }

    // Whoever registered with it knows its password.
    [Fact]
    public async Task A_registration_that_nobody_confirmed_gets_no_role()
    {
        await RegisterAsync(_email);
        await app.ChangeAccountAsync(_email, user => user.EmailConfirmed = false);

        var result = await EnsureAsync(_email, "quite another passphrase", Roles.Admin);

        Assert.Contains("nobody has confirmed it", result.Errors.Single().Description, StringComparison.Ordinal);
        var user = await FindAsync(_email);
        Assert.Empty(await app.InRequestAsync<UserManager<AppUser>, IList<string>>(users => users.GetRolesAsync(user)));
        Assert.DoesNotContain(await app.AuditOfAsync(user.Id), e => e.Action == AuditAction.RoleGranted);
    }

    [Fact]
    public async Task An_account_with_a_bad_password_is_not_made_and_gets_no_role()
    {
        var result = await EnsureAsync(_email, "too short", Roles.Admin);

        Assert.Equal(["PasswordTooShort"], result.Errors.Select(e => e.Code));
        Assert.False(await app.InRequestAsync<AccountCreation, bool>(accounts => accounts.ExistsAsync(_email)));
    }

    [Fact]
    public async Task A_failure_of_the_audit_log_is_not_told_as_an_address_that_is_taken()
    {
        await using var broken = new TestApp();
        await broken.InRequestAsync<IDbContextFactory<AuditDbContext>>(async databases =>
        {
            await using var db = await databases.CreateDbContextAsync();
            await db.Database.ExecuteSqlAsync($"DROP TABLE AuditLog");
        });

        var register = () => broken.InRequestAsync<AccountCreation>(accounts => accounts.RegisterAsync(_email, "Zoë", Browser.Password, Address));

        await Assert.ThrowsAsync<DbUpdateException>(register);
    }

    private Task<(IdentityResult Result, AppUser User)> RegisterAsync(string email) =>
        app.InRequestAsync<AccountCreation, (IdentityResult, AppUser)>(accounts => accounts.RegisterAsync(email, "Zoë", Browser.Password, Address));

    private Task<IdentityResult> EnsureAsync(string email, string password, string? role) =>
        app.InRequestAsync<AccountCreation, IdentityResult>(accounts => accounts.EnsureAsync(email, "Another", password, role));

    private async Task<AppUser> FindAsync(string email) =>
        (await app.InRequestAsync<UserManager<AppUser>, AppUser?>(users => users.FindByEmailAsync(email)))!;
}
