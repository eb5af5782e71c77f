using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Admin;

public sealed class UserDirectoryTests(SqlApp app) : IClassFixture<SqlApp>
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
    public async Task Pages_go_on_where_the_one_before_ended_and_nobody_is_on_two()
    {
        await AddAsync([.. Enumerable.Range(0, 120).Select(i => ($"{(i % 2 == 0 ? _mark : "z")}{i:D3}{_mark}@example.com", i % 2 == 0 ? "By address" : $"{_mark} by name"))]);
        var (seen, after) = (new List<string>(), (string?)null);

        do
        {
            var page = await app.InRequestAsync<UserDirectory, PeopleFound>(people => people.SearchAsync(new(_mark), after));
            seen.AddRange(page.People.Select(person => person.Email));
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(120, seen.Count);
        Assert.Equal(seen.Order(StringComparer.Ordinal), seen.Distinct(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("zoë", "Zoë Quill")]
    [InlineData("ZOË Q", "Zoë Quill")]
    [InlineData("", "😀 smiles")]
    [InlineData("😀", "😀 smiles")]
    [InlineData("ß", "ßtraße")]
    public async Task A_name_is_found_in_every_script_and_case(string begins, string name)
    {
        await AddAsync(($"n{_mark}@example.com", _mark + name));

        Assert.Single(await EmailsAsync(_mark + begins));
    }

    [Fact]
    public async Task A_name_that_changes_is_found_by_the_new_one_only()
    {
        var account = await app.NewAccountAsync();
        await app.ChangeAccountAsync(account.Email!, user => user.Name = $"{_mark}before");
        await app.ChangeAccountAsync(account.Email!, user => user.Name = $"{_mark}after");

        Assert.Single(await EmailsAsync($"{_mark}AFT"));
        Assert.Empty(await EmailsAsync($"{_mark}before"));
    }

    [Fact]
    public async Task Names_from_before_the_column_are_filled_when_the_database_is_brought_up_to_date()
    {
        await AddAsync(($"n{_mark}@example.com", $"{_mark}Zoë"));
        await app.InRequestAsync<AppDbContext>(db => db.Database.ExecuteSqlAsync($"UPDATE AspNetUsers SET NormalizedName = NULL WHERE Name = {_mark + "Zoë"}"));
        Assert.Empty(await EmailsAsync($"{_mark}zoë"));

        await app.InRequestAsync<AppDbContext>(db => db.Database.MigrateAsync());

        Assert.Single(await EmailsAsync($"{_mark}zoë"));
    }

    [Fact]
    public async Task Whoever_owns_a_session_so_named_is_found_too()
    {
        var (owner, other) = (await app.NewAccountAsync(), await app.NewAccountAsync());

        var found = await app.InRequestAsync<UserDirectory, PeopleFound>(people => people.SearchAsync(new(Guid.NewGuid().ToString("N")[..12]), owners: [owner.Id]));

        Assert.Equal([owner.Id], found.People.Select(person => person.Id));
        Assert.NotEqual(owner.Id, other.Id);
    }

    // LIKE, an OR over two columns, and an order that the database follows instead, would read every account.
    [Theory]
    [InlineData("sam@example.com", "(NormalizedEmail>? AND NormalizedEmail<?)", "(NormalizedName>? AND NormalizedName<?)")]
    [InlineData("0199a0a0-0000-7", "(NormalizedEmail>? AND NormalizedEmail<?)", "(NormalizedName>? AND NormalizedName<?)", "(Id>? AND Id<?)")]
    [InlineData("0199a0a0-0000-7000-8000-000000000000", "(Id=?)")]
    public async Task Every_search_goes_by_the_index_of_what_it_is_for(string text, params string[] ranges)
    {
        foreach (var filter in new[] { new UserFilter(text), new(text, Banned: true), new(text, NoSecondFactor: true), new(text, Roles.Support) })
        {
            foreach (var after in new[] { null, "A" })
            {
                var plan = await PlanAsync(() => app.InRequestAsync<UserDirectory, PeopleFound>(people => people.SearchAsync(filter, after)));

                Assert.DoesNotContain(plan, step => step.StartsWith("SCAN", StringComparison.Ordinal) && step.Contains("AspNetUsers", StringComparison.Ordinal));
                Assert.DoesNotContain(plan, step => step.EndsWith("(NormalizedEmail>?)", StringComparison.Ordinal));
                // Of a role there are few: it may as well go by them.
                if (filter.Role is null)
                    Assert.All(ranges, range => Assert.Contains(plan, step => step.StartsWith("SEARCH", StringComparison.Ordinal) && step.EndsWith(range, StringComparison.Ordinal)));
            }
        }
    }

    [Fact]
    public async Task A_list_without_a_text_goes_by_an_index_too()
    {
        foreach (var filter in new[] { new UserFilter(), new(Role: Roles.Support), new(Banned: true), new(NoSecondFactor: true) })
        {
            var plan = await PlanAsync(() => app.InRequestAsync<UserDirectory, PeopleFound>(people => people.SearchAsync(filter, "A")));

            var users = plan.Where(step => step.Contains("AspNetUsers", StringComparison.Ordinal) && !step.Contains("AspNetUserRoles", StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(users);
            Assert.All(users, step => Assert.Contains(filter switch { { Banned: true } => "BannedIndex", { NoSecondFactor: true } => "OneFactorIndex", { Role: not null } => "(Id=?)", _ => "EmailIndex" }, step, StringComparison.Ordinal));
        }
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
    private async Task<int> CommandsOfAsync(Func<Task> act) => (await LinesOfAsync(act)).Count(line =>
        line.Contains("Executed DbCommand", StringComparison.Ordinal) && line.Contains("AspNetUsers", StringComparison.Ordinal));

    /// <summary>How SQLite goes about the last command of the act.</summary>
    private async Task<IReadOnlyList<string>> PlanAsync(Func<Task> act)
    {
        var line = (await LinesOfAsync(act)).Last(line => line.Contains("Executed DbCommand", StringComparison.Ordinal)
            && line.Contains("\"AspNetUsers\"", StringComparison.Ordinal) && line.Contains("\"CreatedAt\"", StringComparison.Ordinal));
        var sql = line[line.IndexOf("SELECT", StringComparison.Ordinal)..];
        await using var connection = new SqliteConnection($"Data Source={app.Database}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // What the app itself has just asked.
        command.CommandText = "EXPLAIN QUERY PLAN " + sql;
#pragma warning restore CA2100
        foreach (var name in Regex.Matches(sql, @"@\w+").Select(m => m.Value).Distinct(StringComparer.Ordinal))
            command.Parameters.AddWithValue(name, "x");
        await using var reader = await command.ExecuteReaderAsync();
        // A plan may call a table by the name that it has in the command only.
        var tables = Regex.Matches(sql, "\"(?<table>\\w+)\" AS \"(?<alias>\\w+)\"")
            .ToDictionary(m => m.Groups["alias"].Value, m => m.Groups["table"].Value, StringComparer.Ordinal);
        var steps = new List<string>();
        while (await reader.ReadAsync())
            steps.Add(Regex.Replace(reader.GetString(3), @"(?<=^(SCAN|SEARCH) )\w+", m => tables.GetValueOrDefault(m.Value, m.Value)));
        return steps;
    }

    /// <summary>Without those of the app's workers, which ask for accounts, too.</summary>
    private Task<IReadOnlyCollection<string>> LinesOfAsync(Func<Task> act)
    {
        _ = app.Address;
        return app.Log.LinesOfAsync(act);
    }
}
