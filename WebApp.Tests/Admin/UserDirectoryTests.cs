using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Admin;

[Collection(SqlApp.Collection)]
public sealed class UserDirectoryTests(SqlApp app)
{
    private readonly string _mark = Guid.NewGuid().ToString("N")[..12] + "~";

    [Fact]
    public async Task People_are_found_by_how_their_address_or_name_begins_in_any_case()
    {
        await AddAsync(($"{_mark}zoe@example.com", "Zoë"), ("one@example.com", $"{_mark}Alice"), ("two@example.com", $"Bob {_mark}"));

        Assert.Equal([$"{_mark}zoe@example.com", "one@example.com"], await EmailsAsync(_mark));
        Assert.Equal([$"{_mark}zoe@example.com"], await EmailsAsync($" {_mark.ToUpperInvariant()}ZOE@ex "));
        Assert.Equal(["one@example.com"], await EmailsAsync($"{_mark}alice"));
    }

    // "%" and "_" stand for anything in LIKE: a search for "_" must not list everyone.
    [Theory]
    [InlineData("%")]
    [InlineData("_")]
    [InlineData("\\")]
    [InlineData("[a-z]")]
    [InlineData("*")]
    [InlineData("'")]
    public async Task Characters_that_mean_something_to_the_database_mean_themselves(string special)
    {
        await AddAsync(($"{_mark}{special}a@example.com", "by address"), ($"b{_mark}@example.com", $"{_mark}{special} by name"), ($"{_mark}xa@example.com", $"{_mark}x by neither"));

        Assert.Equal(
            new[] { $"{_mark}{special}a@example.com", $"b{_mark}@example.com" }.Order(StringComparer.Ordinal),
            (await EmailsAsync(_mark + special)).Order(StringComparer.Ordinal));
        Assert.DoesNotContain($"{_mark}xa@example.com", await EmailsAsync(special));
    }

    [Fact]
    public async Task A_person_is_found_by_id_with_the_roles_in_order()
    {
        var user = await app.NewAccountAsync(Roles.Support);
        await app.InRequestAsync<AccountCreation>(accounts => accounts.EnsureAsync(user.Email!, "", "", Roles.Admin));

        var found = Assert.Single(await SearchAsync($" {user.Id} "));

        Assert.Equal((user.Id, user.Email, "Someone", user.CreatedAt), (found.Id, found.Email, found.Name, found.CreatedAt));
        Assert.Equal([Roles.Admin, Roles.Support], found.Roles);
        Assert.True(found.IsAdmin);
        Assert.Empty(await SearchAsync(Guid.NewGuid().ToString()));
    }

    [Fact]
    public async Task A_search_shows_the_first_fifty_by_address()
    {
        await AddAsync([.. Enumerable.Range(0, UserDirectory.PageSize + 5).Select(i => ($"{_mark}{i:D3}@example.com", "One of many")).Reverse()]);

        var found = await EmailsAsync(_mark);

        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{_mark}{i:D3}@example.com"), found);
        Assert.Equal(UserDirectory.PageSize, (await SearchAsync(null)).Count);
    }

    [Fact]
    public async Task A_search_asks_the_database_once_however_many_it_finds()
    {
        await AddAsync([.. Enumerable.Range(0, 10).Select(i => ($"{_mark}{i}@example.com", "One of ten"))]);

        Assert.Equal(1, await CommandsOfAsync(async () => Assert.Equal(10, (await SearchAsync(_mark)).Count)));
        Assert.Equal(1, await CommandsOfAsync(() => SearchAsync(Guid.NewGuid().ToString())));
    }

    [Fact]
    public async Task Addresses_are_found_for_the_ids_of_those_who_are_still_there()
    {
        var (one, other) = (await app.NewAccountAsync(), await app.NewAccountAsync());

        var emails = await app.InRequestAsync<UserDirectory, IReadOnlyDictionary<Guid, string>>(people =>
            people.FindEmailsAsync([one.Id, other.Id, one.Id, Guid.NewGuid()]));

        Assert.Equal(2, emails.Count);
        Assert.Equal((one.Email, other.Email), (emails[one.Id], emails[other.Id]));
    }

    private Task<IReadOnlyList<Person>> SearchAsync(string? text) =>
        app.InRequestAsync<UserDirectory, IReadOnlyList<Person>>(async people => (await people.SearchAsync(new(text))).People);

    private async Task<IEnumerable<string>> EmailsAsync(string text) => (await SearchAsync(text)).Select(person => person.Email);

    private Task AddAsync(params (string Email, string Name)[] people) => app.InRequestAsync<AppDbContext>(async db =>
    {
        // "one@" and "two@" are made this test's own.
        var normalizer = new UpperInvariantLookupNormalizer();
        foreach (var (email, name) in people)
        {
            await db.Users.Where(u => u.Email == email).ExecuteDeleteAsync();
            db.Users.Add(new() { Email = email, UserName = email, NormalizedEmail = normalizer.NormalizeEmail(email), NormalizedUserName = normalizer.NormalizeName(email), Name = name });
        }

        await db.SaveChangesAsync();
    });

    /// <summary>SQL commands over the accounts, as Entity Framework logs them.</summary>
    private async Task<int> CommandsOfAsync(Func<Task> act)
    {
        var before = Commands();
        await act();
        return Commands() - before;
    }

    private int Commands() => app.Log.Lines.Count(line =>
        line.Contains("Executed DbCommand", StringComparison.Ordinal) && line.Contains("AspNetUsers", StringComparison.Ordinal));
}
