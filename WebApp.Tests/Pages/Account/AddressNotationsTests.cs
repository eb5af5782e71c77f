using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

/// <summary>One account has one address, however it is typed or pasted, wherever that is.</summary>
public sealed class AddressNotationsTests(SqlApp app) : IClassFixture<SqlApp>
{
    private readonly string _local = $"zoë.{Guid.NewGuid():N}";

    private string Address => $"{_local}@bücher.example";

    /// <summary>
    /// As browsers send it, as keyboards of other systems and countries type it, and as it is pasted.
    /// </summary>
    private string[] Notations =>
    [
        Address,
        $"{_local}@xn--bcher-kva.example",
        $"{_local.ToUpperInvariant()}@XN--BCHER-KVA.EXAMPLE.",
        $"{_local.Replace("ë", "e\u0308", StringComparison.Ordinal)}@bu\u0308cher.example",
        $"\uFEFF{_local}@bücher\u200B.example. ",
        $"\u202A{_local}＠bücher。example\u202C",
    ];

    [Fact]
    public async Task Registered_in_one_notation_it_signs_in_in_all_and_none_is_free()
    {
        foreach (var registered in Notations.Index())
        {
            var notations =
                Notations.Select(notation => $"{registered.Index}{notation.TrimStart('\uFEFF', '\u202A')}").ToList();
            using var owner = app.NewBrowser();
            await owner.AskForAccountAsync(notations[registered.Index]);
            Assert.Contains($"{registered.Index}{Address}", (await owner.GetAsync("/account")).Text,
                StringComparison.OrdinalIgnoreCase);

            foreach (var notation in notations)
            {
                using Browser browser = app.NewBrowser(), other = app.NewBrowser();
                await browser.SignInAsync(notation);
                Assert.Contains("There is an account with this address already.",
                    (await other.AskForAccountAsync(notation)).Text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_reset_is_mailed_to_the_address_that_the_account_has()
    {
        using var owner = app.NewBrowser();
        await owner.AskForAccountAsync(Address);

        foreach (var notation in Notations)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(2));
            using var browser = app.NewBrowser();
            await browser.ForgetPasswordAsync(notation);
            Assert.Contains(
                (await app.Mail.NextAsync(Address)).Links, link => link.AbsolutePath == "/account/reset-password");
        }
    }

    [Fact]
    public async Task Whoever_changes_to_the_own_address_in_another_notation_hears_that_it_is_theirs()
    {
        using var owner = app.NewBrowser();
        await owner.AskForAccountAsync(Address);

        foreach (var notation in Notations.Where(notation => !notation.Any(char.IsAsciiLetterUpper)))
        {
            var page =
                await (await owner.GetAsync("/account/email")).Fill("Email", notation).PressAsync("Send the link");
            Assert.Contains("That is your address already.", page.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Staff_find_the_account_in_their_search_the_audit_log_a_list_and_for_commands()
    {
        using var owner = app.NewBrowser();
        await owner.AskForAccountAsync(Address);
        using var staff = await app.SignedInAsync("sam@example.com");
        var id = await app.UserIdAsync(Address);

        foreach (var notation in Notations)
        {
            var typed = Uri.EscapeDataString(notation);
            Assert.Contains(Address, (await staff.GetAsync($"/admin/users?q={typed}")).Text, StringComparison.Ordinal);
            Assert.Contains("Account created", (await staff.GetAsync($"/admin/audit?subject={typed}")).Text,
                StringComparison.Ordinal);
            Assert.Equal(id,
                (await app.InRequestAsync<UserDirectory, Person?>(people => people.FindByEmailAsync(notation)))!.Id);
        }

        var draft = await app.DraftAsync(await app.StaffAsync("sam@example.com"), string.Join('\n', Notations));
        Assert.Equal(1, (await app.BulkAsync(draft.Id)).Request.People);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("intranet")]
    [InlineData("-example.com")]
    [InlineData("192.0.2.1")]
    public async Task Where_mail_is_sent_an_account_needs_a_domain_that_mail_can_find(string domain)
    {
        await using var own = new ConfirmingApp();
        foreach (var (key, value) in new[] { ("Host", "127.0.0.1"), ("Port", "9"), ("From", "accounts@example.com") })
            own.Settings[$"Mail:{key}"] = value;
        using var browser = own.NewBrowser();

        Assert.Contains("That is not an e-mail address.", (await browser.AskForAccountAsync($"new@{domain}")).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accounts_from_before_are_found_in_every_notation_after_the_migration()
    {
        await using var own = new TestApp();
        var (plain, coded, whole, dotted) = (NewUser("ada.old@example.com"), NewUser("old@xn--bcher-kva.example"),
            NewUser("alt@Bücher.example"), NewUser("dot@example.com."));
        var (first, second) = (NewUser("twice@bücher.example"), NewUser("twice@xn--bcher-kva.example"));
        // Where no confirmation is asked for, such accounts are in use.
        var (unconfirmed, confirmed) = (NewUser("both@bücher.example"), NewUser("both@xn--bcher-kva.example"));
        unconfirmed.EmailConfirmed = false;
        await own.InRequestAsync<AppDbContext>(async db =>
        {
            await db.GetService<IMigrator>().MigrateAsync("WaitingMails");
            db.Users.AddRange(plain, coded, whole, dotted, first, second, unconfirmed, confirmed);
            await db.SaveChangesAsync();
            // As it was kept and compared before.
            await db.Users.Where(u => u.Id == plain.Id).ExecuteUpdateAsync(
                set => set.SetProperty(u => u.Name, "\u202EZoe\u0308\u200B").SetProperty(u => u.NormalizedName, "?"));
            await db.Database.MigrateAsync();
        });

        var ada = await own.InRequestAsync<UserDirectory, Person?>(
            people => people.FindByEmailAsync("ada.old@example.com"));
        Assert.Equal((plain.Id, "Zoë"), (ada!.Id, ada.Name));
        Assert.Equal(coded.Id, await IdOfAsync("old@bücher.example"));
        Assert.Equal(coded.Id, await IdOfAsync("old@xn--bcher-kva.example"));
        Assert.Equal(whole.Id, await IdOfAsync("alt@xn--bcher-kva.example"));
        Assert.Equal(dotted.Id, await IdOfAsync("dot@example.com"));
        Assert.Equal(first.Id, await IdOfAsync("twice@xn--bcher-kva.example"));
        Assert.Contains(own.Log.Lines, line =>
            line.Contains($"User {second.Id} has the address of another account", StringComparison.Ordinal));
        Assert.Equal(unconfirmed.Id, await IdOfAsync("both@bücher.example"));
        Assert.Contains(own.Log.Lines, line =>
            line.Contains($"User {confirmed.Id} has the address of another account", StringComparison.Ordinal));
        Assert.False(
            await own.InRequestAsync<AppDbContext, bool>(db => db.Users.AnyAsync(u => u.NormalizedName == null)));

        Task<Guid?> IdOfAsync(string email) =>
            own.InRequestAsync<UserDirectory, Guid?>(async people => (await people.FindByEmailAsync(email))?.Id);

        // As an earlier version stored it.
        static AppUser NewUser(string email) => new()
        {
            Email = email,
            UserName = email,
            NormalizedEmail = email.ToUpperInvariant(),
            NormalizedUserName = email.ToUpperInvariant(),
            Name = "Zoë",
            EmailConfirmed = true,
        };
    }
}
