using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin.Users;

[Trait("Lane", "Fast")]
public sealed class IndexTests(SqlApp app) : IAsyncLifetime, IClassFixture<SqlApp>
{
    private readonly string _mark = $"m{Guid.NewGuid():N}"[..12];
    private Browser _staff = null!;

    public async Task InitializeAsync() => _staff = await app.SignedInAsync("sam@example.com");

    [Theory]
    [InlineData("sam@example.com")]
    [InlineData("SAM@EX")]
    [InlineData("  sam@ ")]
    public async Task A_person_is_found_by_the_beginning_of_the_address(string query)
    {
        var page = await SearchAsync(query);

        Assert.Equal(["sam@example.com"], Found(page));
        Assert.Contains("Support", page.Text);
    }

    [Fact]
    public async Task A_person_is_found_by_the_beginning_of_the_name()
    {
        var (email, _) = await AddAsync($"{_mark} Quill");

        Assert.Equal([email], Found(await SearchAsync($"{_mark} q")));
        Assert.Empty(Found(await SearchAsync("uill")));
    }

    [Fact]
    public async Task A_person_is_found_by_the_beginning_of_the_id_of_a_live_session()
    {
        using var browser = await app.NewUserAsync();
        var id = app.KeyOf(browser).SessionId.ToString();

        Assert.Equal([browser.Email], Found(await SearchAsync(id)));
        Assert.Equal([browser.Email], Found(await SearchAsync($" {id[..10].ToUpperInvariant()} ")));
        Assert.Empty(Found(await SearchAsync(id[..7])));
    }

    [Theory]
    [InlineData("D")]
    [InlineData("N")]
    [InlineData("B")]
    public async Task A_person_is_found_by_the_id_and_the_link_leads_there(string format)
    {
        var (email, id) = await AddAsync("Someone");

        var page = await SearchAsync(id.ToString(format).ToUpperInvariant());

        Assert.Equal([email], Found(page));
        Assert.Equal($"/admin/users/{id}", page.Document.QuerySelector(".people a")!.GetAttribute("href"));
    }

    [Theory]
    [InlineData("100% sure", "100%", "100_")]
    [InlineData("snake_case", "snake_", "snake%")]
    [InlineData("back\\slash", "back\\", "back%")]
    [InlineData("D'Arcy; --", "D'Arcy;", "D'A%")]
    public async Task What_a_pattern_would_be_is_taken_literally(string name, string fits, string doesNot)
    {
        var (email, _) = await AddAsync(_mark + name);

        Assert.Equal([email], Found(await SearchAsync(_mark + fits)));
        Assert.Empty(Found(await SearchAsync(_mark + doesNot)));
        Assert.Empty(Found(await SearchAsync($"%{_mark}")));
    }

    [Theory]
    [InlineData("%")]
    [InlineData("_")]
    [InlineData("\\")]
    public async Task A_wildcard_alone_finds_nobody(string query) => Assert.Empty(Found(await SearchAsync(query)));

    [Fact]
    public async Task When_nobody_fits_it_says_so_and_keeps_the_words()
    {
        var page = await SearchAsync("<b>nobody</b>");

        Assert.Contains("Nobody fits.", page.Text);
        Assert.Equal("<b>nobody</b>", page.Document.QuerySelector("[name=q]")!.GetAttribute("value"));
    }

    [Fact]
    public async Task There_are_fifty_to_a_page_and_links_lead_on_and_back()
    {
        for (var i = 0; i < 51; i++)
            await AddAsync($"{_mark} {i}", password: false);

        var first = await SearchAsync(_mark);
        var second = await first.FollowLinkAsync("Next page");

        Assert.Equal((50, 1), (Found(first).Count, Found(second).Count));
        Assert.Equal(51, Found(first).Concat(Found(second)).Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain("Next page", second.Text);
        Assert.Equal(Found(first), Found(await second.FollowLinkAsync("First page")));
    }

    [Fact]
    public async Task Exactly_fifty_are_all_and_nothing_is_said_to_follow()
    {
        for (var i = 0; i < 50; i++)
            await AddAsync($"{_mark} {i}", password: false);

        var page = await SearchAsync(_mark);

        Assert.Equal(50, Found(page).Count);
        Assert.DoesNotContain("Next page", page.Text);
    }

    [Fact]
    public async Task People_are_found_by_role_ban_and_missing_factor()
    {
        var (banned, id) = await AddAsync($"{_mark} banned", password: false);
        var (safe, _) = await AddAsync($"{_mark} safe", password: false);
        await app.ChangeAccountAsync(banned, user => user.BannedUntil = app.Clock.GetUtcNow().AddDays(1));
        await app.ChangeAccountAsync(safe, user => user.TwoFactorEnabled = true);

        Assert.Equal([banned], Found(await _staff.GetAsync($"/admin/users?q={_mark}&banned=true")));
        Assert.Equal([banned], Found(await _staff.GetAsync($"/admin/users?q={_mark}&oneFactor=true")));
        Assert.Equal([banned], Found(await _staff.GetAsync($"/admin/users?q={id.ToString()[..18]}&banned=true")));
        Assert.Equal(["sam@example.com"], Found(await _staff.GetAsync("/admin/users?q=sam@&role=Support")));
        Assert.Empty(Found(await _staff.GetAsync("/admin/users?q=sam@&role=Admin")));
    }

    [Theory]
    [InlineData("?role=Nonsense")]
    [InlineData("?after=%F0%9F%98%80&q=x")]
    [InlineData("?q=00000000-0000-0000-0000-00000000000g")]
    [InlineData("?q=ffffffff-ffff")]
    [InlineData("?banned=maybe")]
    [InlineData("?after=%00")]
    [InlineData("?q=%EF%BF%BF")]
    public async Task Garbage_lists_nobody(string query)
    {
        var page = await _staff.GetAsync("/admin/users" + query);

        Assert.Equal(200, page.Status);
        Assert.Empty(Found(page));
    }

    [Theory]
    [InlineData(255, "Search for at most 254 characters.")]
    [InlineData(254, "Nobody fits.")]
    public async Task A_search_has_a_longest_length(int length, string words) => Assert.Contains(words, (await SearchAsync(new('x', length))).Text);

    public Task DisposeAsync()
    {
        _staff.Dispose();
        return Task.CompletedTask;
    }

    private async Task<Page> SearchAsync(string query)
    {
        var page = await _staff.GetAsync("/admin/users");
        page = await page.Fill("q", query).PressAsync("Search");
        Assert.Equal(200, page.Status);
        return page;
    }

    private async Task<(string Email, Guid Id)> AddAsync(string name, bool password = true)
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        var user = new AppUser { UserName = email, Email = email, Name = name };
        await using var scope = app.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<Microsoft.AspNetCore.Identity.UserManager<AppUser>>();
        Assert.True((password ? await users.CreateAsync(user, Browser.Password) : await users.CreateAsync(user)).Succeeded);
        return (email, user.Id);
    }

    private static IReadOnlyList<string> Found(Page page) => [.. page.Document.QuerySelectorAll(".people a").Select(a => a.TextContent)];
}
