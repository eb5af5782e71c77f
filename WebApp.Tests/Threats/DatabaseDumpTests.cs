using System.Text;
using Microsoft.Data.Sqlite;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Somebody has a copy of the database, but not the key ring: that makes no code and skips no factor (ASVS 5.0, 6.5.2).</summary>
public sealed class DatabaseDumpTests : IAsyncLifetime
{
    private readonly TestApp _app = new();

    [Fact]
    public async Task It_holds_neither_an_authenticators_key_nor_a_recovery_code()
    {
        using var owner = await _app.NewUserAsync();
        var form = await owner.GetAsync("/account/security/authenticator");
        var key = form.Document.QuerySelector("#key")!.TextContent.Replace(" ", "", StringComparison.Ordinal);
        var authenticator = new Authenticator(_app.Clock, key);
        var codes = (await form.Fill("Code", authenticator.Code).PressAsync("Set up the app")).RecoveryCodes();

        var dump = await DumpAsync();

        // It is this person's database, and what is searched for below would be found.
        AssertHolds(dump, owner.Email);
        foreach (var secret in codes.Concat(codes.Select(code => code.Replace("-", "", StringComparison.Ordinal))).Append(key))
            AssertLacks(dump, Encoding.UTF8.GetBytes(secret));
        AssertLacks(dump, authenticator.Key);
        AssertLacks(dump, Encoding.UTF8.GetBytes(Convert.ToBase64String(authenticator.Key)));
    }

    [Fact]
    public async Task A_key_that_is_moved_to_another_account_opens_nothing()
    {
        var (owner, owners, _) = await _app.NewUserWithAppAsync();
        var (attacker, attackers, _) = await _app.NewUserWithAppAsync();
        var moved = await ExecuteAsync("UPDATE Authenticators SET ProtectedKey = (SELECT ProtectedKey FROM Authenticators WHERE UserId = $attacker) WHERE UserId = $owner",
            ("$owner", await _app.UserIdAsync(owner.Email)), ("$attacker", await _app.UserIdAsync(attacker.Email)));
        Assert.Equal(1, moved);
        using var browser = _app.NewBrowser();

        var page = await (await browser.TrySignInAsync(owner.Email, Browser.Password)).EnterCodeAsync(attackers.Code);
        Assert.Contains("That code isn't right", page.Text);
        page = await page.EnterCodeAsync(owners.Code);
        Assert.Contains("That code isn't right", page.Text);

        Assert.Contains(_app.Log.Lines, line => line.Contains("authenticator app can't be read", StringComparison.Ordinal));
        owner.Dispose();
        attacker.Dispose();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _app.DisposeAsync();

    private async Task<byte[]> DumpAsync()
    {
        var copy = _app.Database + ".copy";
        await ExecuteAsync("VACUUM INTO $copy", ("$copy", copy));
        return await File.ReadAllBytesAsync(copy);
    }

    private async Task<int> ExecuteAsync(string sql, params (string Name, object Value)[] values)
    {
        await using var connection = new SqliteConnection($"Data Source={_app.Database}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests are its only source.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value is Guid id ? id.ToString().ToUpperInvariant() : value);
        return await command.ExecuteNonQueryAsync();
    }

    private static void AssertHolds(byte[] dump, string text) => Assert.True(dump.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0, $"The database holds {text}.");

    private static void AssertLacks(byte[] dump, byte[] secret) => Assert.True(dump.AsSpan().IndexOf(secret) < 0, "The database holds a secret!");
}
